//! Amounts, durations and times as people write them: always with a unit.

use model::unit::{Dimension, Unit};

/// How much of a drug.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// A mass of the stated form, kg.
    Mass(f64),
    /// A mass per body mass, kg/kg.
    MassPerBody(f64),
    /// An amount of substance, umol.
    Substance(f64),
}

impl Amount {
    /// The amount of one dose as the mass it is, or the amount of substance.
    pub fn scaled(self, factor: f64) -> Amount {
        match self {
            Amount::Mass(x) => Amount::Mass(x * factor),
            Amount::MassPerBody(x) => Amount::MassPerBody(x * factor),
            Amount::Substance(x) => Amount::Substance(x * factor),
        }
    }
}

/// A number and the unit text that follows it, with or without a space; the unit may be empty.
fn split(text: &str) -> Result<(f64, &str), String> {
    let text = text.trim();
    let mut end = 0;
    let bytes = text.as_bytes();
    while end < bytes.len() {
        let c = bytes[end];
        let exponent_sign = matches!(c, b'+' | b'-') && end > 0 && matches!(bytes[end - 1], b'e' | b'E');
        let exponent = matches!(c, b'e' | b'E')
            && end > 0
            && bytes.get(end + 1).is_some_and(|d| d.is_ascii_digit() || b"+-".contains(d));
        if c.is_ascii_digit() || c == b'.' || exponent || exponent_sign || (end == 0 && matches!(c, b'-' | b'+')) {
            end += 1;
        } else {
            break;
        }
    }
    let (number, unit) = text.split_at(end);
    match number.parse::<f64>() {
        Ok(x) if x.is_finite() => Ok((x, unit.trim())),
        Ok(_) => Err(format!("`{number}` is too large for a number")),
        Err(_) => Err(format!("`{text}` does not start with a number")),
    }
}

/// A value with a unit of the wanted dimension, in coherent units.
pub fn value(text: &str, wanted: &Unit) -> Result<f64, String> {
    let (x, unit) = split(text)?;
    if unit.is_empty() {
        if wanted.dimension.is_none() {
            return Ok(x);
        }
        return Err(format!("`{text}` has no unit; it could be in {wanted}"));
    }
    let unit = Unit::parse(unit)?;
    if unit.dimension != wanted.dimension {
        return Err(format!("`{text}` is in {unit}, which is no unit like {wanted}"));
    }
    Ok(unit.to_coherent(x))
}

const DOSE_UNITS: &str = "mg, ug, g, mg/kg, umol, or a rate such as mg/kg/h with `over`";

/// A dose: `84 mg`, `0.5 mg/kg`, `350 umol`; or a rate (`0.3 mg/kg/h`), for which the second value is true and the
/// amount is that of one hour.
pub fn dose(text: &str) -> Result<(Amount, bool), String> {
    let (x, unit) = split(text)?;
    if unit.is_empty() {
        return Err(format!("the dose `{text}` has no unit; it could be in {DOSE_UNITS}"));
    }
    if x < 0.0 {
        return Err(format!("the dose `{text}` is negative"));
    }
    let parsed = Unit::parse(unit)?;
    let mass = Unit::parse("kg").map_or(Dimension::NONE, |u| u.dimension);
    let per_hour = Dimension::NONE.over(Dimension::TIME);
    let value = parsed.to_coherent(x);
    let of = |d: Dimension| (parsed.dimension == d, parsed.dimension == d.times(per_hour));
    if of(mass) != (false, false) {
        return Ok((Amount::Mass(value), of(mass).1));
    }
    if of(Dimension::AMOUNT) != (false, false) {
        return Ok((Amount::Substance(value), of(Dimension::AMOUNT).1));
    }
    if unit.contains("/kg") && of(Dimension::NONE) != (false, false) {
        return Ok((Amount::MassPerBody(value), of(Dimension::NONE).1));
    }
    Err(format!("`{unit}` is not a unit for a dose; use {DOSE_UNITS}"))
}

/// A duration in hours: `40 min`, `4 weeks`, `28d`.
pub fn duration(text: &str) -> Result<f64, String> {
    let (x, unit) = split(text)?;
    let unit = match unit {
        "" => return Err(format!("the time `{text}` has no unit; it could be in min, h, days or weeks")),
        "minute" | "minutes" | "mins" => "min",
        "hour" | "hours" | "hr" | "hrs" => "h",
        "day" | "days" => "d",
        "week" | "weeks" | "w" => "wk",
        "second" | "seconds" | "sec" => "s",
        "year" | "years" => "y",
        other => other,
    };
    let parsed = Unit::parse(unit).map_err(|_| format!("`{unit}` is not a unit of time; use min, h, days or weeks"))?;
    if parsed.dimension != Dimension::TIME {
        return Err(format!("`{unit}` is not a unit of time; use min, h, days or weeks"));
    }
    if x < 0.0 {
        return Err(format!("the time `{text}` is negative"));
    }
    Ok(parsed.to_coherent(x))
}

/// A moment in hours after the start (day 1 at 09:00): `2 h`, `day 3`, `day 3 14:30`.
pub fn moment(text: &str) -> Result<f64, String> {
    const START_OF_DAY_H: f64 = 9.0;
    const HOURS: f64 = 24.0;
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some((&"day", rest)) = words.split_first() else { return duration(text) };
    let day: u32 = match rest.first().map(|d| d.parse()) {
        Some(Ok(day)) if day >= 1 => day,
        _ => return Err(format!("`{text}`: days count from 1, as in `day 3` or `day 3 14:30`")),
    };
    let clock = match rest.get(1) {
        None => START_OF_DAY_H,
        Some(clock) => {
            let parts: Option<(u32, u32)> =
                clock.split_once(':').and_then(|(h, m)| Some((h.parse().ok()?, m.parse().ok()?)));
            match parts {
                Some((h, m)) if h < 24 && m < 60 => f64::from(h) + f64::from(m) / 60.0,
                _ => return Err(format!("`{clock}` is not a time of day such as 09:00")),
            }
        }
    };
    let t = f64::from(day - 1) * HOURS + clock - START_OF_DAY_H;
    if t < 0.0 {
        return Err(format!("`{text}` lies before the start, day 1 at 09:00"));
    }
    Ok(t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_hand_conversions() {
        assert_eq!(dose("84 mg"), Ok((Amount::Mass(84.0 * 1e-6), false)));
        assert_eq!(dose("0.5mg/kg"), Ok((Amount::MassPerBody(0.5 * 1e-6), false)));
        assert!(matches!(dose("0.28 mg/kg/h"), Ok((Amount::MassPerBody(_), true))));
        assert_eq!(duration("40 min"), Ok(40.0 / 60.0));
        assert_eq!(duration("4 weeks"), Ok(672.0));
        assert_eq!(duration("28d"), Ok(672.0));
        assert_eq!(moment("day 3"), Ok(48.0));
        assert_eq!(moment("day 2 10:30"), Ok(25.5));
        assert_eq!(moment("1e1 h"), Ok(10.0));
    }

    #[test]
    fn rejects_what_has_no_unit_or_no_sense() {
        assert!(dose("84").unwrap_err().contains("mg/kg"));
        assert!(dose("1e400 mg").unwrap_err().contains("too large"));
        assert!(dose("-1 mg").unwrap_err().contains("negative"));
        assert!(dose("5 L").unwrap_err().contains("not a unit for a dose"));
        assert!(duration("-2 h").unwrap_err().contains("negative"));
        assert!(duration("2").unwrap_err().contains("no unit"));
        assert!(moment("day 0").is_err());
        assert!(moment("day 1 08:00").unwrap_err().contains("before the start"));
    }
}
