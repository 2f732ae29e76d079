# Reference values for rates and strata of rates, from base R and metafor. Run in this folder:
#   Rscript rate.R
# It writes rate.csv, which crates/study/tests/rates.rs reads. Each row: what, counts "x n y m" (strata after one another),
# values. The counts are made up; a formula with a small prime spreads the stratified ones.
suppressPackageStartupMessages(library(metafor))
rows <- character()
number <- function(x) paste(sprintf("%.17g", x), collapse = " ")
add <- function(what, counts, values) rows <<- c(rows, paste(what, paste(counts, collapse = " "), number(values), sep = ","))
for (level in c(0.9, 0.95)) for (count in list(c(0, 17), c(1, 29), c(81, 263), c(15, 148), c(240, 250), c(33, 33))) {
  add(sprintf("clopper_pearson %g", level), count, binom.test(count[1], count[2], conf.level = level)$conf.int)
  wilson <- suppressWarnings(prop.test(count[1], count[2], conf.level = level, correct = FALSE)$conf.int)
  add(sprintf("wilson %g", level), count, wilson)
}
tables <- list(c(7, 34, 1, 34), c(56, 70, 48, 80), c(0, 12, 4, 11), c(3, 9, 3, 9), c(120, 400, 150, 390), c(30, 31, 2, 40))
for (t in tables) {
  cells <- matrix(c(t[1], t[2] - t[1], t[3], t[4] - t[3]), 2, byrow = TRUE)
  add("fisher", t, fisher.test(cells)$p.value)
}
for (count in c(2, 5, 12)) for (scale in c(4, 25)) {
  k <- seq_len(count)
  n <- scale + (7 * k) %% 11
  m <- scale + (5 * k) %% 13
  x <- pmin(n, 1 + (3 * k + scale) %% (scale %/% 2 + 1))
  y <- pmin(m, (5 * k) %% (scale %/% 2))
  strata <- as.vector(rbind(x, n, y, m))
  cells <- array(rbind(x, y, n - x, m - y), c(2, 2, count))
  test <- mantelhaen.test(cells, correct = FALSE)
  add("mantel_haenszel_test", strata, c(test$statistic, test$p.value))
  ratio <- rma.mh(ai = x, n1i = n, ci = y, n2i = m, measure = "OR", add = 0, drop00 = FALSE)
  add("mantel_haenszel_odds_ratio", strata, c(exp(ratio$beta), ratio$se, exp(ratio$ci.lb), exp(ratio$ci.ub)))
  difference <- rma.mh(ai = x, n1i = n, ci = y, n2i = m, measure = "RD", add = 0)
  add("mantel_haenszel_difference", strata, c(difference$beta, difference$se, difference$ci.lb, difference$ci.ub))
}
header <- paste("#", R.version.string, "package stats", packageVersion("stats"), "metafor", packageVersion("metafor"))
writeLines(c(header, "what,counts,values", rows), "rate.csv")
