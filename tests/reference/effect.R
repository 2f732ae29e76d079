# Reference values for effect sizes, closed-form power and step-wise p values, from base R and metafor. Run in this folder:
#   Rscript effect.R
# It writes effect.csv, which crates/study/tests/effects.rs and multiplicity.rs read. Each row: what, arguments, values.
suppressPackageStartupMessages(library(metafor))
rows <- character()
number <- function(x) paste(sprintf("%.17g", x), collapse = " ")
add <- function(what, arguments, values) rows <<- c(rows, paste(what, number(arguments), number(values), sep = ","))
for (s in list(c(12.1, 8.3, 40, 16.7, 9.1, 38), c(3, 1, 5, 0.2, 2, 4), c(0.31, 1.4, 200, 0.3, 1.1, 100), c(20, 2, 9, 10, 3, 9))) {
  e <- escalc(measure = "SMD", m1i = s[1], sd1i = s[2], n1i = s[3], m2i = s[4], sd2i = s[5], n2i = s[6])
  n <- s[3]
  m <- s[6]
  df <- n + m - 2
  d <- (s[1] - s[4]) / sqrt(((n - 1) * s[2]^2 + (m - 1) * s[5]^2) / df)
  t <- d / sqrt(1 / n + 1 / m)
  shift <- function(p) uniroot(function(x) pt(t, df, x) - p, c(-37, 37), tol = 1e-13)$root * sqrt(1 / n + 1 / m)
  j <- as.numeric(e$yi) / d
  add("smd", s, c(d, e$yi, sqrt(e$vi), j * shift(0.975), j * shift(0.025), 2 * pt(-abs(t), df)))
}
for (n in c(4, 20, 64)) for (delta in c(0, 0.5, 1.2)) for (alpha in c(0.05, 0.01)) {
  two <- power.t.test(n, delta = max(delta, 1e-12), sd = 1, sig.level = alpha, strict = TRUE)$power
  one <- power.t.test(n, delta = delta, sd = 1, sig.level = alpha, alternative = "one.sided")$power
  add("power", c(n, delta, alpha), c(two, one))
}
for (power in c(0.8, 0.9)) for (delta in c(0.3, 0.5, 1))
  add("size", c(power, delta), ceiling(power.t.test(delta = delta, sd = 1, power = power, strict = TRUE, tol = 1e-10)$n))
for (p in list(c(0.01, 0.02, 0.03, 0.04), c(0.2, 0.001, 0.04, 0.012, 0.012), 0.3, c(0.9, 0.8), c(0, 1, 0.025))) {
  add("holm", p, p.adjust(p, "holm"))
  add("hochberg", p, p.adjust(p, "hochberg"))
}
for (k in list(c(30, 1000, 0.025), c(25, 1000, 0.025), c(12, 1000, 0.025), c(0, 50, 0.1))) {
  tail <- min(pbinom(k[1], k[2], k[3]), pbinom(k[1] - 1, k[2], k[3], lower.tail = FALSE))
  add("surprise", k, min(1, 2 * tail))
}
header <- paste("#", R.version.string, "package stats", packageVersion("stats"), "metafor", packageVersion("metafor"))
writeLines(c(header, "what,arguments,values", rows), "effect.csv")
