//! Which names are well formed, and which one was meant by a name that is not known.

/// Lower-case segments joined by dots; a segment may hold family variables in braces.
pub(crate) fn well_formed(name: &str) -> bool {
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    name.split('.').all(|segment| {
        let mut rest = segment;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((variable, after)) = after.split_once('}') else { return false };
            if !plain(before) || !plain(variable) || variable.is_empty() {
                return false;
            }
            rest = after;
        }
        plain(rest) && !segment.is_empty()
    })
}

/// The candidate that differs by the fewest edits, if they are few enough to be a slip of the pen.
pub fn closest<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    // Nobody means a word of this length by a slip of the pen, and comparing costs its square.
    if word.len() > 200 {
        return None;
    }
    let limit = (word.chars().count() / 3).max(1);
    let near = |c: &&&str| c.len().abs_diff(word.len()) <= 4 * limit;
    candidates.iter().filter(near).map(|c| (distance(word, c), *c)).filter(|(d, _)| *d <= limit).min().map(|(_, c)| c)
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substitute = corner + usize::from(ca != *cb);
            corner = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}
