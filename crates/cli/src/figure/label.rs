//! Labels beside line ends, moved apart so that none lies on another.

/// Centres of labels of the given heights, as near as can be to the wanted centres, in the same order, without overlap,
/// between `low` and `high`. Labels that do not fit overlap evenly.
///
/// Neighbours that would overlap become one block that sits at the mean of their wishes; blocks merge until none
/// touches the next (pooling of adjacent violators).
pub fn apart(wanted: &[f64], heights: &[f64], low: f64, high: f64) -> Vec<f64> {
    let total: f64 = heights.iter().sum();
    let squeeze = if total > high - low && total > 0.0 { (high - low) / total } else { 1.0 };
    let heights: Vec<f64> = heights.iter().map(|h| h * squeeze).collect();
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]).then(a.cmp(b)));
    let mut blocks: Vec<Block> = Vec::new();
    for i in order {
        blocks.push(Block { top: 0.0, height: heights[i], wish: wanted[i] - 0.5 * heights[i], members: vec![i] });
        loop {
            let last = blocks.len() - 1;
            let block = &mut blocks[last];
            block.top = (block.wish / block.members.len() as f64).min(high - block.height).max(low);
            if last == 0 || blocks[last - 1].top + blocks[last - 1].height <= blocks[last].top + 1e-9 {
                break;
            }
            let lower = blocks.remove(last);
            let upper = &mut blocks[last - 1];
            // Each member's wish for the top of the block it now belongs to.
            upper.wish += lower.wish - lower.members.len() as f64 * upper.height;
            upper.height += lower.height;
            upper.members.extend(lower.members);
        }
    }
    let mut centres = vec![0.0; wanted.len()];
    for block in blocks {
        let mut top = block.top;
        for i in block.members {
            centres[i] = top + 0.5 * heights[i];
            top += heights[i];
        }
    }
    centres
}

struct Block {
    top: f64,
    height: f64,
    /// Sum over members of the top each would give the block.
    wish: f64,
    members: Vec<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: &[f64], heights: &[f64], low: f64, high: f64) -> Vec<f64> {
        let centres = apart(wanted, heights, low, high);
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]).then(a.cmp(b)));
        for pair in order.windows(2) {
            let room = 0.5 * (heights[pair[0]] + heights[pair[1]]);
            assert!(centres[pair[1]] - centres[pair[0]] >= room - 1e-6, "{wanted:?} gave {centres:?}");
        }
        for (c, h) in centres.iter().zip(heights) {
            assert!(c - 0.5 * h >= low - 1e-6 && c + 0.5 * h <= high + 1e-6, "{wanted:?} gave {centres:?}");
        }
        centres
    }

    #[test]
    fn agrees_with_labels_by_hand() {
        assert_eq!(check(&[10.0, 50.0], &[10.0; 2], 0.0, 100.0), [10.0, 50.0]);
        assert_eq!(check(&[50.0, 50.0], &[10.0; 2], 0.0, 100.0), [45.0, 55.0]);
        assert_eq!(check(&[100.0, 100.0, 100.0], &[10.0; 3], 0.0, 100.0), [75.0, 85.0, 95.0]);
        assert_eq!(check(&[0.0, 1.0], &[10.0; 2], 0.0, 100.0), [5.0, 15.0]);
        check(&[30.0, 10.0, 31.0, 29.0, 90.0, 10.0], &[12.0, 20.0, 12.0, 12.0, 20.0, 12.0], 0.0, 100.0);
        check(&[5.0, 5.0, 5.0, 95.0, 95.0], &[20.0; 5], 0.0, 100.0);
    }

    #[test]
    fn agrees_with_too_many_labels() {
        assert_eq!(apart(&[1.0, 2.0, 3.0, 4.0], &[10.0; 4], 0.0, 20.0), [2.5, 7.5, 12.5, 17.5]);
    }
}
