//! Plain statistics of samples.

use sim::math::ln;

fn sqrt(x: f64) -> f64 {
    x.sqrt()
}

/// Mean.
pub fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

/// Standard deviation, n - 1.
pub fn sd(x: &[f64]) -> f64 {
    let m = mean(x);
    sqrt(x.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / (x.len() as f64 - 1.0))
}

/// Median; of an even number the mean of the middle two.
pub fn median(x: &[f64]) -> f64 {
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}

/// A quantile of values in rising order, straight between neighbours; NaN of none.
///
/// Source: Hyndman & Fan 1996, Am Stat 50:361, definition 7.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

/// Pearson's correlation.
pub fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let (a, b) = (mean(x), mean(y));
    let sum = |f: &dyn Fn(f64, f64) -> f64| x.iter().zip(y).map(|(u, v)| f(u - a, v - b)).sum::<f64>();
    sum(&|u, v| u * v) / sqrt(sum(&|u, _| u * u) * sum(&|_, v| v * v))
}

/// Slope of the least-squares line of `y` on `x`.
pub fn slope(x: &[f64], y: &[f64]) -> f64 {
    let (a, b) = (mean(x), mean(y));
    let xy: f64 = x.iter().zip(y).map(|(u, v)| (u - a) * (v - b)).sum();
    xy / x.iter().map(|u| (u - a) * (u - a)).sum::<f64>()
}

/// Correlation of `x` and `y` with what `z` explains taken out of both.
pub fn partial_correlation(x: &[f64], y: &[f64], z: &[f64]) -> f64 {
    let rest = |v: &[f64]| -> Vec<f64> {
        let (b, m, a) = (slope(z, v), mean(v), mean(z));
        v.iter().zip(z).map(|(u, w)| u - m - b * (w - a)).collect()
    };
    correlation(&rest(x), &rest(y))
}

/// Standardised difference of two means, pooled standard deviation.
pub fn standardised(x: &[f64], y: &[f64]) -> f64 {
    let (n, m) = (x.len() as f64, y.len() as f64);
    let (a, b) = (sd(x), sd(y));
    (mean(x) - mean(y)) / sqrt(((n - 1.0) * a * a + (m - 1.0) * b * b) / (n + m - 2.0))
}

/// The range in which 95 % of standard deviations of samples of `n` fall, given one of size `sd`: the cube-root
/// approximation of the chi-square law.
///
/// Source: Wilson & Hilferty 1931, PNAS 17:684.
pub fn sd_interval(sd: f64, n: f64) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    let df = n - 1.0;
    let quantile = |z: f64| {
        let h = 2.0 / (9.0 * df);
        let c = 1.0 - h + z * sqrt(h);
        df * c * c * c
    };
    (sd * sqrt(df / quantile(Z)), sd * sqrt(df / quantile(-Z)))
}

/// Value and standard error of a statistic of people, by leaving out one of `groups` groups at a time. People are taken
/// by number, so that paired arms leave out the same ones.
pub fn jackknife(count: usize, groups: usize, statistic: impl Fn(&dyn Fn(usize) -> bool) -> f64) -> (f64, f64) {
    let value = statistic(&|_| true);
    let groups = groups.min(count.max(1));
    let left_out: Vec<f64> = (0..groups).map(|g| statistic(&|i| i % groups != g)).filter(|x| x.is_finite()).collect();
    let (g, m) = (left_out.len() as f64, mean(&left_out));
    let variance = (g - 1.0) / g * left_out.iter().map(|x| (x - m) * (x - m)).sum::<f64>();
    (value, sqrt(variance))
}

/// Natural logarithm, the same on every machine.
pub fn log(x: f64) -> f64 {
    ln(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_hand_worked_values() {
        let x = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert_eq!(mean(&x), 5.0);
        assert!((sd(&x) - (32.0_f64 / 7.0).sqrt()).abs() < 1e-12);
        assert_eq!(median(&x), 4.5);
        assert!((correlation(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]) - 1.0).abs() < 1e-12);
        assert!((slope(&[1.0, 2.0, 3.0], &[1.0, 3.0, 5.0]) - 2.0).abs() < 1e-12);
    }

    /// Chi-square quantiles at 0.025 and 0.975 for 100 degrees of freedom: 74.222 and 129.561 (printed tables).
    #[test]
    fn agrees_with_quantiles_by_hand() {
        let x = [1.0, 2.0, 4.0, 8.0];
        assert_eq!([0.0, 0.5, 1.0].map(|p| quantile(&x, p)), [1.0, 3.0, 8.0]);
        // Place 0.95 * 3 = 2.85: from 4 on, 0.85 of the way to 8.
        assert!((quantile(&x, 0.95) - 7.4).abs() < 1e-12);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn agrees_with_printed_chi_square_quantiles() {
        let (low, high) = sd_interval(1.0, 101.0);
        assert!((low - (100.0_f64 / 129.561).sqrt()).abs() < 1e-4, "{low}");
        assert!((high - (100.0_f64 / 74.222).sqrt()).abs() < 1e-4, "{high}");
    }

    /// For a mean, leaving out groups of one gives the usual standard error exactly.
    #[test]
    fn agrees_that_the_jackknife_of_a_mean_is_its_standard_error() {
        let x = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
        let pick = |keep: &dyn Fn(usize) -> bool| {
            let kept: Vec<f64> = (0..x.len()).filter(|i| keep(*i)).map(|i| x[i]).collect();
            mean(&kept)
        };
        let (value, error) = jackknife(x.len(), x.len(), pick);
        assert_eq!(value, mean(&x));
        assert!((error - sd(&x) / 8.0_f64.sqrt()).abs() < 1e-12);
    }
}
