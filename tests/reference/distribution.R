# Reference values of distribution functions, from base R (package stats). Run in this folder:
#   Rscript distribution.R
# It writes distribution.csv, which crates/study/tests/distributions.rs reads.
rows <- character()
add <- function(name, value, ...) {
  arguments <- c(..., rep(NA, 4))[1:4]
  text <- ifelse(is.na(arguments), "", sprintf("%.17g", arguments))
  rows <<- c(rows, paste(c(name, text, sprintf("%.17g", value)), collapse = ","))
}
for (x in c(-37, -20, -9.5, -5, -3, -2.000001, -2, -1.999999, -1.959963984540054, -1, -0.3, -1e-8, 0, 0.7, 1.5, 4, 8))
  add("normal_cdf", pnorm(x), x)
for (p in c(1e-300, 1e-50, 1e-10, 0.001, 0.025, 0.2, 0.4999, 0.5, 0.8, 0.975, 0.9999)) add("normal_quantile", qnorm(p), p)
for (df in c(0.7, 1, 2, 3.5, 10, 29.4, 150, 2500.25)) {
  for (t in c(-60, -12, -4, -2.1, -1, -0.2, 0.01, 0.9, 3)) add("student_t_cdf", pt(t, df), t, df)
  for (p in c(1e-12, 1e-5, 0.01, 0.025, 0.3, 0.49, 0.6, 0.9, 0.975, 0.9995)) add("student_t_quantile", qt(p, df), p, df)
  for (x in c(0.01, 0.5, 1, 3.9, 12, 60)) {
    add("chi_square_cdf", pchisq(x, df), x, df)
    add("chi_square_upper", pchisq(x, df, lower.tail = FALSE), x, df)
    for (df2 in c(1.5, 4, 33.3, 400)) add("f_upper", pf(x, df, df2, lower.tail = FALSE), x, df, df2)
  }
  for (p in c(1e-6, 0.025, 0.5, 0.95, 0.999)) {
    add("chi_square_quantile", qchisq(p, df), p, df)
    # Not qf(): it takes 1 - x and loses the digits of a small quantile.
    x <- qbeta(p, df / 2, 12.5 / 2)
    add("f_quantile", x / (1 - x) * 12.5 / df, p, df, 12.5)
  }
}
for (a in c(0.3, 1, 2.5, 40, 900)) for (b in c(0.5, 1, 7, 310)) {
  for (x in c(0.001, 0.1, 0.5, 0.8, 0.99)) {
    add("beta_cdf", pbeta(x, a, b), x, a, b)
    add("beta_upper", pbeta(x, a, b, lower.tail = FALSE), x, a, b)
  }
  for (p in c(1e-8, 0.025, 0.5, 0.975)) add("beta_quantile", qbeta(p, a, b), p, a, b)
}
for (n in c(1, 12, 500)) for (p in c(0.001, 0.05, 0.4, 0.9)) for (k in unique(c(0, 1, n %/% 3, n))) {
  add("binomial_mass", dbinom(k, n, p), k, n, p)
  add("binomial_cdf", pbinom(k, n, p), k, n, p)
  add("binomial_upper", pbinom(k - 1, n, p, lower.tail = FALSE), k, n, p)
}
for (k in 0:8) add("hypergeometric_mass", dhyper(k, 10, 12, 8), k, 10, 12, 8)
add("hypergeometric_mass", dhyper(61, 700, 900, 150), 61, 700, 900, 150)
for (df in c(3, 18.5, 200)) for (shift in c(0.4, 2.8, 11)) for (t in c(-1.5, 0, 1.7, 3.4, 12))
  add("noncentral_t_cdf", pt(t, df, shift), t, df, shift)
for (x in c(1e-3, 0.5, 0.99, 1.5, 3, 17.25, 400, 1e6)) add("ln_gamma", lgamma(x), x)
header <- c(paste("#", R.version.string, "package stats", packageVersion("stats")), "function,a,b,c,d,value")
writeLines(c(header, rows), "distribution.csv")
