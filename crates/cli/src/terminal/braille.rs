//! A small plot of braille dots, two across and four down in each character.

/// Dots on a grid of characters.
pub struct Canvas {
    columns: usize,
    rows: usize,
    /// Dots of each character, as the low byte of its code point.
    dots: Vec<u8>,
    /// Which curve a character belongs to: the first that set a dot there.
    layers: Vec<Option<u8>>,
}

/// The bit of each dot, by row and column within a character.
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Canvas {
    /// An empty canvas.
    pub fn new(columns: usize, rows: usize) -> Canvas {
        Canvas { columns, rows, dots: vec![0; columns * rows], layers: vec![None; columns * rows] }
    }

    /// Draws a curve through places between 0 and 1 (to the right, up), broken where there is none. Where several places
    /// fall on one column of dots, all of the way between them is set. One column in `every` gets dots.
    pub fn curve(&mut self, places: &[(f64, Option<f64>)], layer: u8, every: usize) {
        let (wide, high) = (2 * self.columns, 4 * self.rows);
        let mut before: Option<(f64, f64)> = None;
        for (x, y) in places {
            let Some(y) = y else {
                before = None;
                continue;
            };
            let point = (x * (wide - 1) as f64, (1.0 - y) * (high - 1) as f64);
            let from = before.unwrap_or(point);
            let steps = ((point.0 - from.0).abs().max((point.1 - from.1).abs()).ceil() as usize).max(1);
            for i in 0..=steps {
                let share = i as f64 / steps as f64;
                let dot = (from.0 + share * (point.0 - from.0), from.1 + share * (point.1 - from.1));
                self.set(dot, layer, every);
            }
            before = Some(point);
        }
    }

    fn set(&mut self, (x, y): (f64, f64), layer: u8, every: usize) {
        let (x, y) = (x.round(), y.round());
        if x < 0.0 || y < 0.0 {
            return;
        }
        let (x, y) = (x as usize, y as usize);
        if x >= 2 * self.columns || y >= 4 * self.rows || !x.is_multiple_of(every) {
            return;
        }
        let cell = (y / 4) * self.columns + x / 2;
        self.dots[cell] |= BITS[y % 4][x % 2];
        self.layers[cell].get_or_insert(layer);
    }

    /// One row: stretches of text with the curve they belong to.
    pub fn row(&self, row: usize) -> Vec<(String, Option<u8>)> {
        let mut out: Vec<(String, Option<u8>)> = Vec::new();
        for cell in row * self.columns..(row + 1) * self.columns {
            let empty = self.dots[cell] == 0;
            let letter = if empty { ' ' } else { char::from_u32(0x2800 + u32::from(self.dots[cell])).unwrap_or(' ') };
            let layer = self.layers[cell].filter(|_| !empty);
            match out.last_mut() {
                Some((text, last)) if *last == layer => text.push(letter),
                _ => out.push((letter.to_string(), layer)),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_dots_by_hand() {
        let mut canvas = Canvas::new(2, 1);
        canvas.curve(&[(0.0, Some(0.0)), (1.0, Some(1.0))], 0, 1);
        let text: String = canvas.row(0).into_iter().map(|(t, _)| t).collect();
        assert_eq!(text, "⡠⠊");
        let mut broken = Canvas::new(2, 1);
        broken.curve(&[(0.0, Some(0.0)), (0.5, None), (1.0, Some(0.0))], 0, 1);
        let text: String = broken.row(0).into_iter().map(|(t, _)| t).collect();
        assert_eq!(text, "⡀⢀");
    }
}
