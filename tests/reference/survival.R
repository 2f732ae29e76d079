# Reference values for times to an event, from the R package survival. Run in this folder:
#   Rscript survival.R
# It writes survival/freireich.csv and survival/made.csv (data) and survival/expected.csv (values), which
# crates/study/tests/survival.rs reads.
suppressPackageStartupMessages(library(survival))

# Weeks in remission of acute leukaemia under 6-mercaptopurine (1) or placebo (0); event 0 is still in remission.
# Source: Freireich et al. 1963, Blood 21:699, as printed in Gehan 1965, Biometrika 52:203.
drug <- c(6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35)
seen <- c(1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0)
placebo <- c(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)
freireich <- data.frame(time = c(drug, placebo), event = c(seen, rep(1, 21)), group = rep(c(1, 0), each = 21), stratum = 0)
if (requireNamespace("MASS", quietly = TRUE)) {
  gehan <- MASS::gehan[order(MASS::gehan$treat, MASS::gehan$time, -MASS::gehan$cens), ]
  stopifnot(all(gehan$time == freireich$time), all(gehan$cens == freireich$event))
}

# Made up, with many ties: a linear congruential sequence (the "minimal standard" of Park and Miller, seed 2024) gives four
# uniforms a person: age, score, a time that is exponential with their hazard, and a time of censoring, both rounded up to
# half units.
state <- 2024
uniform <- function() {
  state <<- (16807 * state) %% 2147483647
  state / 2147483647
}
made <- do.call(rbind, lapply(0:89, function(i) {
  group <- i %% 3
  stratum <- (i %/% 3) %% 2
  age <- 20 + round(45 * uniform())
  score <- round(10 * uniform(), 1)
  hazard <- exp(-2 - 0.5 * (group == 1) - 0.8 * (group == 2) + 0.02 * (age - 40) + 0.1 * (score - 5) + 0.6 * stratum)
  time <- ceiling(-2 * log(uniform()) / hazard) / 2
  end <- ceiling(2 * (4 + 20 * uniform())) / 2
  data.frame(time = min(time, end), event = as.numeric(time <= end), group, stratum, age, score)
}))

rows <- character()
add <- function(what, values) rows <<- c(rows, paste(what, paste(sprintf("%.17g", values), collapse = " "), sep = ","))
times <- c(0.5, 3, 6, 10.25, 22, 23)
curves <- function(name, data, ends) {
  for (group in sort(unique(data$group))) for (scale in c("log-log", "plain")) {
    people <- data[data$group == group, ]
    fit <- survfit(Surv(time, event) ~ 1, data = people, conf.type = scale)
    label <- paste(name, group, scale)
    at <- summary(fit, times = times, extend = TRUE)
    add(paste(label, "survival"), at$surv)
    add(paste(label, "error"), at$std.err)
    add(paste(label, "lower"), at$lower)
    add(paste(label, "upper"), at$upper)
    add(paste(label, "at_risk"), sapply(times, function(t) sum(people$time >= t)))
    for (share in c(0.25, 0.5)) {
      q <- quantile(fit, share)
      add(sprintf("%s quantile_%g", label, share), c(q$quantile, q$lower, q$upper))
    }
    for (end in ends) {
      mean <- summary(fit, rmean = end)$table
      add(sprintf("%s mean_%g", label, end), mean[c("rmean", "se(rmean)")])
    }
  }
}
curves("freireich", freireich, c(10, 20))
curves("made", made, c(6, 14))
ranks <- function(label, fit) {
  add(paste(label, "test"), c(fit$chisq, pchisq(fit$chisq, length(fit$n) - 1, lower.tail = FALSE)))
  sum_up <- function(x) if (is.matrix(x)) rowSums(x) else x
  add(paste(label, "observed"), sum_up(fit$obs))
  add(paste(label, "expected"), sum_up(fit$exp))
  add(paste(label, "variance"), as.vector(fit$var))
}
ranks("freireich log_rank", survdiff(Surv(time, event) ~ group, data = freireich))
ranks("made log_rank", survdiff(Surv(time, event) ~ group, data = made))
ranks("made log_rank_stratified", survdiff(Surv(time, event) ~ group + strata(stratum), data = made))
exact <- coxph.control(eps = 1e-12, iter.max = 100, toler.chol = 1e-14)
cox <- function(label, formula, data, ties) {
  fit <- coxph(formula, data = data, ties = ties, control = exact)
  label <- paste(label, ties)
  add(paste(label, "coefficients"), coef(fit))
  add(paste(label, "covariance"), as.vector(vcov(fit)))
  add(paste(label, "log_likelihood"), fit$loglik)
  tests <- summary(fit)
  add(paste(label, "tests"), c(tests$sctest[1], fit$wald.test, tests$logtest[1]))
  add(paste(label, "p"), pchisq(c(tests$sctest[1], fit$wald.test, tests$logtest[1]), length(coef(fit)), lower.tail = FALSE))
  add(paste(label, "hazard_ratios"), as.vector(t(tests$conf.int[, c(1, 3, 4)])))
}
for (ties in c("efron", "breslow")) {
  cox("freireich cox", Surv(time, event) ~ group, freireich, ties)
  cox("made cox", Surv(time, event) ~ I(group == 1) + I(group == 2) + age + score, made, ties)
  cox("made cox_stratified", Surv(time, event) ~ I(group == 1) + I(group == 2) + age + score + strata(stratum), made, ties)
}
header <- paste("#", R.version.string, "package survival", packageVersion("survival"))
table <- function(data, file, note) {
  lines <- apply(data, 1, function(r) paste(sprintf("%.10g", r), collapse = ","))
  writeLines(c(note, paste(names(data), collapse = ","), lines), file)
}
table(freireich, "survival/freireich.csv", "# Weeks in remission: Freireich et al. 1963, Blood 21:699, as printed in Gehan 1965, Biometrika 52:203")
table(made, "survival/made.csv", "# Made up by the formula in survival.R")
writeLines(c(header, "what,values", rows), "survival/expected.csv")
