//! Numbers, times, units and text as people read them: the same in figures, report and terminal.

use crate::figure::signal::ROUNDING;
use model::unit::Unit;

/// Significant figures of a shown number.
const FIGURES: i32 = 3;
/// From here up and down a number is written with a power of ten.
const LARGE: f64 = 1e6;
const SMALL: f64 = 1e-4;

/// A number with three significant figures and a true minus sign.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    if value == 0.0 {
        return "0".into();
    }
    let rounded: f64 = format!("{:.*e}", FIGURES as usize - 1, value).parse().unwrap_or(value);
    let size = rounded.abs();
    if !(SMALL..LARGE).contains(&size) {
        let text = format!("{rounded:.*e}", FIGURES as usize - 1);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return minus(&format!("{mantissa}×10{}", superscript(exponent)));
    }
    let decimals = (FIGURES - 1 - exponent_of(size)).max(0) as usize;
    minus(&format!("{rounded:.decimals$}"))
}

/// A number as [`number`] writes it, or `0` where it is nothing beside `scale`: the tail of a decay is not a finding.
pub fn number_beside(value: f64, scale: f64) -> String {
    const NOTHING: f64 = 1e-4;
    if value.abs() <= ROUNDING.max(NOTHING * scale.abs()) { "0".into() } else { number(value) }
}

/// A score, or a change of one, with one decimal.
pub fn score(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let text = format!("{value:.1}");
    if text == "-0.0" { "0.0".into() } else { minus(&text) }
}

/// A whole number.
pub fn whole(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let text = format!("{value:.0}");
    if text == "-0" { "0".into() } else { minus(&text) }
}

/// A number of the ledger as it was written there.
pub fn plain(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(SMALL..LARGE).contains(&size) {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return minus(&format!("{mantissa}×10{}", superscript(exponent)));
    }
    minus(&format!("{value}"))
}

/// An axis tick: as few characters as say it exactly.
pub fn tick(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e5).contains(&size) {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let power = format!("10{}", superscript(exponent));
        return minus(&if mantissa == "1" { power } else { format!("{mantissa}·{power}") });
    }
    // Ticks are multiples of 1, 2 or 5 times a power of ten: nine decimals hold them.
    let text = format!("{value:.9}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { minus(text) }
}

/// A span of time since the start: `40 min`, `18 h`, `5.8 days`.
pub fn span(hours: f64) -> String {
    const MINUTES_UP_TO_H: f64 = 1.5;
    const HOURS_UP_TO_H: f64 = 36.0;
    if !hours.is_finite() {
        return "–".into();
    }
    let minutes = (hours * 60.0).round();
    if hours.abs() < MINUTES_UP_TO_H && minutes != 60.0 {
        return if minutes == 0.0 { "0 min".into() } else { minus(&format!("{minutes} min")) };
    }
    if hours.abs() <= HOURS_UP_TO_H {
        return format!("{} h", one_decimal_below_ten(hours));
    }
    let days = one_decimal_below_ten(hours / 24.0);
    if days == "1" { "1 day".into() } else { format!("{days} days") }
}

/// A span of time for an axis: `10 min`, `4 h`, `3 d`.
pub fn span_short(hours: f64) -> String {
    if hours == 0.0 {
        return "0".into();
    }
    if hours < 1.0 {
        return format!("{} min", one_decimal_below_ten(hours * 60.0));
    }
    if hours < 24.0 {
        return format!("{} h", one_decimal_below_ten(hours));
    }
    format!("{} d", one_decimal_below_ten(hours / 24.0))
}

/// A unit as a person writes it: `µmol/L`, `points`; a pure number is `relative`.
pub fn unit(unit: &Unit) -> String {
    match unit.text.as_str() {
        "1" => "relative".into(),
        "point" => "points".into(),
        text => text.replace("umol", "µmol").replace("ug", "µg").replace("uM", "µM").replace("um", "µm"),
    }
}

/// A value with its unit, fit for a sentence.
pub fn quantity(value: f64, of: &Unit) -> String {
    match of.text.as_str() {
        "1" => number(value),
        "point" => format!("{} points", score(value)),
        "%" => format!("{} %", number(value)),
        _ => format!("{} {}", number(value), unit(of)),
    }
}

/// `first, second and third`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Text made safe between tags and inside quoted attributes; characters that XML forbids are left out.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(' '),
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}

/// A place on the page, px, with one decimal at most.
pub fn coordinate(x: f64) -> String {
    let text = format!("{x:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".into() } else { text.to_string() }
}

/// A name of a file or domain as a person writes it: `nmda_trapping_block` is `NMDA trapping block`.
pub fn title(name: &str) -> String {
    const SPELT: [(&str, &str); 36] = [
        ("ampa", "AMPA"),
        ("bdnf", "BDNF"),
        ("bold", "BOLD"),
        ("cadss", "CADSS"),
        ("caps5", "CAPS-5"),
        ("cbt", "CBT"),
        ("crp", "CRP"),
        ("cyp", "CYP"),
        ("dmn", "DMN"),
        ("ect", "ECT"),
        ("eef2k", "eEF2K"),
        ("eeg", "EEG"),
        ("fmri", "fMRI"),
        ("gaba", "GABA"),
        ("gsk3", "GSK3"),
        ("hama", "HAM-A"),
        ("hamd17", "HAM-D 17"),
        ("hnk", "HNK"),
        ("hpa", "HPA"),
        ("madrs", "MADRS"),
        ("mtorc1", "mTORC1"),
        ("nmda", "NMDA"),
        ("nrem", "NREM"),
        ("nrs", "NRS"),
        ("pet", "PET"),
        ("pfc", "PFC"),
        ("ptsd", "PTSD"),
        ("pv", "PV"),
        ("snri", "SNRI"),
        ("sst", "SST"),
        ("ssri", "SSRI"),
        ("sv2a", "SV2A"),
        ("tms", "TMS"),
        ("tnf", "TNF"),
        ("trkb", "TrkB"),
        ("vta", "VTA"),
    ];
    let spell = |(i, word): (usize, &str)| match SPELT.iter().find(|(plain, _)| *plain == word) {
        Some((_, spelt)) => spelt.to_string(),
        None if i == 0 => word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect(),
        None => word.to_string(),
    };
    name.split('_').enumerate().map(spell).collect::<Vec<_>>().join(" ")
}

/// Text cut to a number of characters, with an ellipsis where something is missing.
pub fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_string();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Text in lines of at most `width` characters, broken at spaces.
pub fn folded(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("one line at least");
        if last.is_empty() {
            last.push_str(word);
        } else if last.chars().count() + 1 + word.chars().count() <= width {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_string());
        }
    }
    lines
}

fn one_decimal_below_ten(value: f64) -> String {
    // 9.96 would be written 10.0.
    let decimals = if value.abs() < 9.95 { 1 } else { 0 };
    let text = format!("{value:.decimals$}");
    minus(text.strip_suffix(".0").unwrap_or(&text))
}

fn exponent_of(size: f64) -> i32 {
    format!("{size:e}").split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0)
}

fn minus(text: &str) -> String {
    text.replace('-', "−")
}

fn superscript(digits: &str) -> String {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raise = |c: char| match c {
        '-' => '⁻',
        c => c.to_digit(10).map_or(c, |d| RAISED[d as usize]),
    };
    digits.chars().map(raise).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_three_figures_by_hand() {
        let cases = [
            (0.0, "0"),
            (195.68, "196"),
            (14.487, "14.5"),
            (0.1790, "0.179"),
            (1.0, "1.00"),
            (999.6, "1000"),
            (12345.0, "12300"),
            (-0.0294, "−0.0294"),
            (9.9996, "10.0"),
            (1.234e-7, "1.23×10⁻⁷"),
            (2.0e9, "2.00×10⁹"),
            (f64::NAN, "–"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!(number_beside(1e-9, 10.0), "0");
        assert_eq!(number_beside(-1.5, 10.0), "−1.50");
        assert_eq!([score(-0.04), score(-15.81), score(0.96)], ["0.0", "−15.8", "1.0"]);
        assert_eq!([plain(0.785), plain(-0.464), plain(2.5e-6)], ["0.785", "−0.464", "2.5×10⁻⁶"]);
        assert_eq!([tick(0.1 + 0.2), tick(100.0), tick(-0.5), tick(1e-4)], ["0.3", "100", "−0.5", "10⁻⁴"]);
    }

    #[test]
    fn agrees_with_times_in_words() {
        let cases = [
            (0.0, "0 min"),
            (40.0 / 60.0, "40 min"),
            (1.0, "1 h"),
            (1.066, "64 min"),
            (1.5, "1.5 h"),
            (7.5, "7.5 h"),
            (18.0, "18 h"),
            (24.0, "24 h"),
            (48.0, "2 days"),
            (138.0, "5.8 days"),
            (672.0, "28 days"),
        ];
        for (hours, text) in cases {
            assert_eq!(span(hours), text);
        }
        let short = [10.0 / 60.0, 4.0, 24.0, 672.0].map(span_short);
        assert_eq!(short, ["10 min", "4 h", "1 d", "28 d"]);
    }

    #[test]
    fn rejects_markup_in_text() {
        assert_eq!(escape("<a href='x'>\"&\u{7}"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
        assert_eq!(shorten("ketamine", 5), "keta…");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}
