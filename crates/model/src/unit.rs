//! Units and dimensions. Inside the program every quantity is held in one coherent system, so equations need no
//! conversion factors: h, umol, kg, dm (so that dm³ = L), mmHg, mV, nA, point, beat.

use std::fmt;

/// Names of the base quantities with the coherent unit of each, in the order of [`Dimension`]'s exponents.
const BASES: [&str; 9] = ["umol", "kg", "dm", "h", "mmHg", "mV", "nA", "point", "beat"];

/// Exponents of the base quantities, counted in halves so that square roots stay exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Dimension([i8; 9]);

impl Dimension {
    /// The dimension of a pure number.
    pub const NONE: Dimension = Dimension([0; 9]);
    /// The dimension of time.
    pub const TIME: Dimension = Dimension::base(3);
    /// The dimension of an amount of substance.
    pub const AMOUNT: Dimension = Dimension::base(0);

    const fn base(i: usize) -> Dimension {
        let mut e = [0; 9];
        e[i] = 2;
        Dimension(e)
    }
    /// True for a pure number.
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }
    /// Dimension of a product.
    pub fn times(self, other: Dimension) -> Dimension {
        Dimension(std::array::from_fn(|i| self.0[i].saturating_add(other.0[i])))
    }
    /// Dimension of a quotient.
    pub fn over(self, other: Dimension) -> Dimension {
        Dimension(std::array::from_fn(|i| self.0[i].saturating_sub(other.0[i])))
    }
    /// False once products have run out of range.
    pub(crate) fn is_sensible(self) -> bool {
        self.0.iter().all(|e| e.unsigned_abs() <= 120)
    }
    /// Dimension of an integer power; `None` if an exponent becomes absurd (above 60).
    pub fn power(self, n: i32) -> Option<Dimension> {
        let mut out = [0i8; 9];
        for (o, e) in out.iter_mut().zip(self.0) {
            let v = i32::from(e).checked_mul(n)?;
            if v.abs() > 120 {
                return None;
            }
            *o = v as i8;
        }
        Some(Dimension(out))
    }
    /// Dimension of a square root; `None` if an exponent is not a multiple of one half.
    pub fn root(self) -> Option<Dimension> {
        self.0.iter().all(|e| e % 2 == 0).then(|| Dimension(self.0.map(|e| e / 2)))
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return f.write_str("1");
        }
        // A third power of dm reads better as L.
        let litres = if self.0[2] % 6 == 0 { self.0[2] / 3 } else { 0 };
        let parts = self.0.iter().zip(BASES).map(|(e, base)| match base {
            "dm" if litres != 0 => (litres, "L"),
            _ => (*e, base),
        });
        let power = |(e, base): (i8, &str)| match e.unsigned_abs() {
            2 => base.to_string(),
            e if e % 2 == 0 => format!("{base}^{}", e / 2),
            e => format!("{base}^{}", f64::from(e) / 2.0),
        };
        let above: Vec<String> = parts.clone().filter(|(e, _)| *e > 0).map(power).collect();
        let below: Vec<String> = parts.filter(|(e, _)| *e < 0).map(power).collect();
        f.write_str(&if above.is_empty() { "1".to_string() } else { above.join("*") })?;
        match below.as_slice() {
            [] => Ok(()),
            [one] => write!(f, "/{one}"),
            _ => write!(f, "/({})", below.join("*")),
        }
    }
}

/// A unit as written, with its dimension and the factor to the coherent unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// As written.
    pub text: String,
    /// What kind of quantity it measures.
    pub dimension: Dimension,
    /// One of this unit is `factor` coherent units.
    pub factor: f64,
}

impl Unit {
    /// The unit of pure numbers.
    pub fn one() -> Unit {
        Unit { text: "1".into(), dimension: Dimension::NONE, factor: 1.0 }
    }
    /// Reads a unit such as `umol/L`, `1/(uM*s)` or `kg/m^2`. The error names the part that is unknown.
    pub fn parse(text: &str) -> Result<Unit, String> {
        let mut reader = Reader { rest: text.trim() };
        if reader.rest.is_empty() {
            return Err("the unit is empty; a pure number has the unit `1`".into());
        }
        let (dimension, factor) = reader.product(0)?;
        if !reader.rest.is_empty() {
            return Err(format!("`{}` is left over in the unit `{}`", shortened(reader.rest), shortened(text)));
        }
        if !dimension.is_sensible() || !factor.is_normal() {
            return Err(format!("the unit `{}` is out of range", shortened(text)));
        }
        Ok(Unit { text: text.trim().into(), dimension, factor })
    }
    /// A value in this unit as a value in coherent units.
    pub fn to_coherent(&self, value: f64) -> f64 {
        value * self.factor
    }
    /// A value in coherent units as a value in this unit.
    pub fn from_coherent(&self, value: f64) -> f64 {
        value / self.factor
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Symbol, base index with exponent pairs, factor to the coherent unit.
fn symbol(name: &str) -> Option<(Dimension, f64)> {
    let b = Dimension::base;
    let volume = b(2).power(3).unwrap_or_default();
    let concentration = b(0).over(volume);
    let per_time = Dimension::NONE.over(b(3));
    Some(match name {
        "1" => (Dimension::NONE, 1.0),
        "%" => (Dimension::NONE, 0.01),
        "mol" => (b(0), 1e6),
        "mmol" => (b(0), 1e3),
        "umol" | "µmol" | "μmol" => (b(0), 1.0),
        "nmol" => (b(0), 1e-3),
        "M" => (concentration, 1e6),
        "mM" => (concentration, 1e3),
        "uM" | "µM" | "μM" => (concentration, 1.0),
        "nM" => (concentration, 1e-3),
        "kg" => (b(1), 1.0),
        "g" => (b(1), 1e-3),
        "mg" => (b(1), 1e-6),
        "ug" | "µg" | "μg" | "mcg" => (b(1), 1e-9),
        "ng" => (b(1), 1e-12),
        "m" => (b(2), 10.0),
        "cm" => (b(2), 0.1),
        "dm" => (b(2), 1.0),
        "L" => (volume, 1.0),
        "mL" => (volume, 1e-3),
        "uL" | "µL" | "μL" => (volume, 1e-6),
        "h" => (b(3), 1.0),
        "min" => (b(3), 1.0 / 60.0),
        "s" => (b(3), 1.0 / 3600.0),
        "ms" => (b(3), 1.0 / 3_600_000.0),
        "d" => (b(3), 24.0),
        "wk" => (b(3), 168.0),
        "y" => (b(3), 8766.0),
        "Hz" => (per_time, 3600.0),
        "mmHg" => (b(4), 1.0),
        "mV" => (b(5), 1.0),
        "nA" => (b(6), 1.0),
        "pA" => (b(6), 1e-3),
        "nS" => (b(6).over(b(5)), 1e-3),
        "nF" => (b(6).over(b(5)).times(b(3)), 1.0 / 3.6e6),
        "point" | "points" => (b(7), 1.0),
        "beat" | "beats" => (b(8), 1.0),
        _ => return None,
    })
}

/// What was probably meant by a unit that is not known: other capitals, or a longer word.
fn meant(name: &str) -> Option<&'static str> {
    const KNOWN: [&str; 31] = [
        "mol", "mmol", "umol", "nmol", "mM", "uM", "nM", "kg", "g", "mg", "ug", "ng", "m", "cm", "L", "mL", "uL", "h",
        "min", "s", "ms", "d", "wk", "y", "Hz", "mmHg", "mV", "nA", "nS", "nF", "pA",
    ];
    const WORDS: [(&str, &str); 16] = [
        ("hr", "h"),
        ("hrs", "h"),
        ("hour", "h"),
        ("hours", "h"),
        ("day", "d"),
        ("days", "d"),
        ("week", "wk"),
        ("weeks", "wk"),
        ("year", "y"),
        ("yr", "y"),
        ("sec", "s"),
        ("second", "s"),
        ("minute", "min"),
        ("minutes", "min"),
        ("mins", "min"),
        ("litre", "L"),
    ];
    let word = WORDS.iter().find(|(word, _)| *word == name).map(|(_, known)| *known);
    word.or_else(|| KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name)))
}

fn shortened(text: &str) -> String {
    let text = text.trim();
    if text.chars().count() <= 40 { text.into() } else { text.chars().take(39).chain(['…']).collect() }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn eat(&mut self, c: char) -> bool {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }
    fn product(&mut self, depth: u32) -> Result<(Dimension, f64), String> {
        let (mut dimension, mut factor) = self.power(depth)?;
        loop {
            let divide = if self.eat('*') || self.eat('·') {
                false
            } else if self.eat('/') {
                true
            } else {
                return Ok((dimension, factor));
            };
            let (d, f) = self.power(depth)?;
            (dimension, factor) =
                if divide { (dimension.over(d), factor / f) } else { (dimension.times(d), factor * f) };
        }
    }
    fn power(&mut self, depth: u32) -> Result<(Dimension, f64), String> {
        let (dimension, factor) = self.atom(depth)?;
        if !self.eat('^') {
            return Ok((dimension, factor));
        }
        let negative = self.eat('-');
        let digits = self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        let n: i32 = number.parse().map_err(|_| "a unit's power is a small integer, as in `m^2`".to_string())?;
        let n = if negative { -n } else { n };
        if n.abs() > 9 {
            return Err(format!("the power {n} in a unit is out of range (-9 to 9)"));
        }
        let dimension = dimension.power(n).ok_or("the unit's power is out of range")?;
        let mut f = 1.0;
        for _ in 0..n.abs() {
            f *= factor;
        }
        Ok((dimension, if n < 0 { 1.0 / f } else { f }))
    }
    fn atom(&mut self, depth: u32) -> Result<(Dimension, f64), String> {
        if depth > 16 {
            return Err("the unit nests too deeply".into());
        }
        if self.eat('(') {
            let inner = self.product(depth + 1)?;
            return if self.eat(')') { Ok(inner) } else { Err("a `)` is missing in the unit".into()) };
        }
        let end = self.rest.find(|c: char| !(c.is_alphabetic() || c == '%' || c == '1')).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        match symbol(name) {
            Some(found) => {
                self.rest = rest;
                Ok(found)
            }
            None if self.rest.is_empty() => Err("the unit ends where another part was expected".into()),
            None if name.is_empty() => Err(format!("a unit was expected at `{}`", shortened(self.rest))),
            None => Err(match meant(name) {
                Some(known) => format!("`{name}` is not a known unit; did you mean `{known}`?"),
                None => format!("`{}` is not a known unit", shortened(name)),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(text: &str) -> f64 {
        Unit::parse(text).unwrap_or_else(|e| panic!("{text}: {e}")).factor
    }

    #[test]
    fn agrees_with_hand_conversions() {
        for (text, expected) in [
            ("1", 1.0),
            ("L/h", 1.0),
            ("mL/min", 0.06),
            ("1/d", 1.0 / 24.0),
            ("umol/L", 1.0),
            ("nM", 1e-3),
            ("1/(uM*s)", 3600.0),
            ("ng/mL", 1e-9),
            ("g/mol", 1e-9),
            ("kg/m^2", 0.01),
            ("Hz", 3600.0),
            ("%", 0.01),
            ("L*h^-1", 1.0),
        ] {
            let got = factor(text);
            assert!((got / expected - 1.0).abs() < 1e-12, "{text}: {got} for {expected}");
        }
    }

    #[test]
    fn agrees_that_concentration_is_amount_over_volume() {
        assert_eq!(Unit::parse("uM").unwrap().dimension, Unit::parse("umol/L").unwrap().dimension);
        assert_eq!(Unit::parse("L").unwrap().dimension, Unit::parse("cm^3").unwrap().dimension);
        assert_eq!(Unit::parse("ng/mL").unwrap().dimension.to_string(), "kg/L");
    }

    #[test]
    fn rejects_nonsense_by_name() {
        assert!(Unit::parse("foo/L").unwrap_err().contains("`foo`"));
        assert!(Unit::parse("").unwrap_err().contains("`1`"));
        assert!(Unit::parse("(L").unwrap_err().contains(')'));
        assert!(Unit::parse("L^99").unwrap_err().contains("out of range"));
        assert!(Unit::parse("L h").is_err());
    }
}
