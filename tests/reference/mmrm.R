# Reference numbers for the mixed model for repeated measures, from nlme, lme4 and pbkrtest.
# Debian packages and versions used: r-base-core 4.2.2, r-cran-nlme 3.1.162, r-cran-lme4 1.1-31, r-cran-pbkrtest 0.5.2.
#
#   Rscript tests/reference/mmrm.R gls          > tests/reference/mmrm/r_gls.csv
#   Rscript tests/reference/mmrm.R kenwardroger > tests/reference/mmrm/r_kenwardroger.csv
#   Rscript tests/reference/mmrm.R dense        > tests/reference/mmrm/r_dense.csv
#   Rscript tests/reference/mmrm.R lm           > tests/reference/mmrm/r_lm.csv
#   Rscript tests/reference/mmrm.R reference    > tests/reference/mmrm/r_reference.csv
#
# Run from the root of the repository.

suppressMessages({library(nlme); library(lme4); library(pbkrtest)})

fev <- read.csv("tests/reference/mmrm/fev_data.csv")
fev <- fev[!is.na(fev$FEV1), ]
fev$ARMCD <- factor(fev$ARMCD, c("PBO", "TRT"))
fev$AVISIT <- factor(fev$AVISIT, paste0("VIS", 1:4))
fev$RACE <- factor(fev$RACE, c("Asian", "Black or African American", "White"))
fev$SEX <- factor(fev$SEX, c("Male", "Female"))
# Columns in the order of the tests: intercept, arm, race (2), sex, visit (3), visit by arm (3).
full <- FEV1 ~ ARMCD + RACE + SEX + AVISIT + ARMCD:AVISIT

cat("model,table,row,value\n")
put <- function(model, table, row, value) cat(sprintf("%s,%s,%s,%.15g\n", model, table, row, value), sep = "")

from_gls <- function() {
  control <- glsControl(tolerance = 1e-12, msTol = 1e-14, maxIter = 500, msMaxIter = 500, opt = "nlminb")
  fits <- list(
    autoregressive = gls(full, fev, corAR1(form = ~ VISITN | USUBJID), control = control),
    compound = gls(full, fev, corCompSymm(form = ~ VISITN | USUBJID), control = control),
    unstructured = gls(full, fev, corSymm(form = ~ VISITN | USUBJID), varIdent(form = ~ 1 | AVISIT), control = control)
  )
  for (name in names(fits)) {
    fit <- fits[[name]]
    put(name, "fit", "deviance", AIC(fit, k = 0))
    put(name, "coefficient", seq_along(coef(fit)) - 1, coef(fit))
    put(name, "error", seq_along(coef(fit)) - 1, sqrt(diag(vcov(fit))))
    if (name == "unstructured") {
      # A subject seen at all four visits.
      whole <- names(which(table(fev$USUBJID) == 4))[1]
      sigma <- getVarCov(fit, individual = whole)
      for (i in 1:4) for (j in 1:i) put(name, "covariance", sprintf("UN(%d.%d)", i, j), sigma[i, j])
    } else {
      put(name, "covariance", "correlation", coef(fit$modelStruct$corStruct, unconstrained = FALSE))
      put(name, "covariance", "variance", fit$sigma^2)
    }
  }
}

# A random intercept is compound symmetry with a covariance that is not negative.
from_pbkrtest <- function() {
  strict <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5))
  fit <- lmer(update(full, . ~ . + (1 | USUBJID)), fev, control = strict)
  put("compound", "fit", "deviance", AIC(fit, k = 0))
  v <- as.data.frame(VarCorr(fit))$vcov
  put("compound", "covariance", c("CS", "Residual"), v)
  p <- length(fixef(fit))
  put("compound", "coefficient", 1:p - 1, fixef(fit))
  put("compound", "error", 1:p - 1, sqrt(diag(as.matrix(vcov(fit)))))
  adjusted <- as.matrix(vcovAdj(fit))
  for (i in 1:p) for (j in 1:i) put("compound", "adjusted", sprintf("%d.%d", i - 1, j - 1), adjusted[i, j])
  for (i in 1:p) put("compound", "df", i - 1, get_Lb_ddf(fit, as.numeric(1:p == i)))
  unit <- diag(p)
  tests <- list(race = unit[3:4, ], visit = unit[6:8, ], interaction = unit[9:11, ], all = unit[c(2:11), ])
  for (name in names(tests)) {
    s <- KRmodcomp(fit, tests[[name]])$stats
    put("compound", name, c("f", "df1", "df2", "scale"), c(s$Fstat, s$ndf, s$ddf, s$F.scaling))
  }
}

# The same from the definitions, with the covariance of all values as one dense matrix: gradient and Hessian by the
# projection P, Newton steps from the answer of nlme, Kenward and Roger term by term. Slow, plain and exact.
from_definitions <- function() {
  x <- model.matrix(full, fev)
  y <- fev$FEV1
  n <- nrow(x); p <- ncol(x)
  same <- outer(fev$USUBJID, fev$USUBJID, "==")
  lag <- abs(outer(fev$VISITN, fev$VISITN, "-"))
  pairs <- which(upper.tri(diag(4), TRUE), arr.ind = TRUE)
  pairs <- pairs[order(pairs[, 2], pairs[, 1]), 2:1]
  at <- function(a, b) same * (outer(fev$VISITN == a, fev$VISITN == b) | outer(fev$VISITN == b, fev$VISITN == a))
  linear <- apply(pairs, 1, function(ab) at(ab[1], ab[2]) * 1, simplify = FALSE)
  zero <- matrix(0, n, n)
  structures <- list(
    unstructured = list(
      names = sprintf("UN(%d.%d)", pairs[, 1], pairs[, 2]),
      start = c(40.55, 14.40, 26.57, 4.97, 2.79, 14.90, 13.37, 7.48, 0.90, 95.55),
      v = function(t) Reduce(`+`, Map(`*`, t, linear)),
      d = function(t) linear,
      dd = function(t, i, j) NULL
    ),
    autoregressive = list(
      names = c("AR(1)", "Residual"),
      start = c(0.25, 45),
      v = function(t) same * t[2] * t[1]^lag,
      d = function(t) list(same * t[2] * ifelse(lag == 0, 0, lag * t[1]^(lag - 1)), same * t[1]^lag),
      dd = function(t, i, j) {
        if (i == 1 && j == 1) same * t[2] * ifelse(lag < 2, 0, lag * (lag - 1) * t[1]^(lag - 2))
        else if (i != j) same * ifelse(lag == 0, 0, lag * t[1]^(lag - 1))
      }
    )
  )
  tr <- function(a, b) sum(a * t(b))
  for (name in names(structures)) {
    s <- structures[[name]]
    theta <- s$start
    q <- length(theta)
    for (step in 1:12) {
      v <- s$v(theta); w <- solve(v); phi <- solve(t(x) %*% w %*% x)
      project <- w - w %*% x %*% phi %*% t(x) %*% w
      py <- project %*% y
      d <- s$d(theta)
      pd <- lapply(d, function(m) project %*% m)
      gradient <- sapply(1:q, function(i) sum(diag(pd[[i]])) - sum(py * (d[[i]] %*% py)))
      observed <- expected <- matrix(0, q, q)
      for (i in 1:q) for (j in 1:q) {
        expected[i, j] <- tr(pd[[i]], pd[[j]])
        observed[i, j] <- -expected[i, j] + 2 * sum((d[[i]] %*% py) * (pd[[j]] %*% py))
        curved <- s$dd(theta, i, j)
        if (!is.null(curved)) observed[i, j] <- observed[i, j] + tr(project, curved) - sum(py * (curved %*% py))
      }
      if (max(abs(gradient)) < 1e-11) break
      theta <- theta - solve(observed, gradient)
    }
    log_det <- function(m) as.numeric(determinant(m)$modulus)
    put(name, "fit", "deviance", log_det(v) - log_det(phi) + sum(y * py) + (n - p) * log(2 * pi))
    put(name, "covariance", s$names, theta)
    beta <- phi %*% t(x) %*% w %*% y
    put(name, "coefficient", 1:p - 1, beta)
    put(name, "error", 1:p - 1, sqrt(diag(phi)))
    # Kenward & Roger 1997; their P_i has the other sign, which cancels.
    wx <- w %*% x
    tangent <- lapply(d, function(m) t(wx) %*% m %*% wx)
    slope <- lapply(tangent, function(m) phi %*% m %*% phi)
    rows <- list(race = diag(p)[3:4, ], visit = diag(p)[6:8, ], interaction = diag(p)[9:11, ])
    for (kind in c("observed", "expected")) {
      spread <- 2 * solve(get(kind))
      inner <- matrix(0, p, p)
      for (i in 1:q) for (j in 1:q) {
        term <- t(wx) %*% d[[i]] %*% w %*% d[[j]] %*% wx - tangent[[i]] %*% phi %*% tangent[[j]]
        curved <- s$dd(theta, i, j)
        if (!is.null(curved)) term <- term - t(wx) %*% curved %*% wx / 4
        inner <- inner + spread[i, j] * term
      }
      adjusted <- phi + 2 * phi %*% inner %*% phi
      put(name, paste("error", kind), 1:p - 1, sqrt(diag(adjusted)))
      df <- function(l) {
        g <- sapply(slope, function(m) t(l) %*% m %*% l)
        as.numeric(2 * (t(l) %*% phi %*% l)^2 / (t(g) %*% spread %*% g))
      }
      put(name, paste("df", kind), 1:p - 1, sapply(1:p, function(k) df(as.numeric(1:p == k))))
      for (test in names(rows)) {
        l <- rows[[test]]; r <- nrow(l)
        theta_l <- t(l) %*% solve(l %*% phi %*% t(l)) %*% l
        a1 <- a2 <- 0
        for (i in 1:q) for (j in 1:q) {
          a <- theta_l %*% slope[[i]]; b <- theta_l %*% slope[[j]]
          a1 <- a1 + spread[i, j] * sum(diag(a)) * sum(diag(b))
          a2 <- a2 + spread[i, j] * tr(a, b)
        }
        b <- (a1 + 6 * a2) / (2 * r)
        g <- ((r + 1) * a1 - (r + 4) * a2) / ((r + 2) * a2)
        below <- 3 * r + 2 * (1 - g)
        e <- 1 / (1 - a2 / r)
        var <- 2 / r * (1 + g / below * b) / ((1 - (r - g) / below * b)^2 * (1 - (r + 2 - g) / below * b))
        rho <- var / (2 * e^2)
        m <- 4 + (r + 2) / (r * rho - 1)
        lambda <- m / (e * (m - 2))
        lb <- l %*% beta
        f <- lambda / r * t(lb) %*% solve(l %*% adjusted %*% t(l)) %*% lb
        put(name, paste(test, kind), c("f", "df1", "df2"), c(f, r, m))
        if (kind == "observed") {
          # Fai & Cornelius 1996.
          e <- eigen(l %*% phi %*% t(l))
          each <- apply(e$vectors, 2, function(u) df(t(l) %*% u))
          sum_e <- sum(each / (each - 2))
          f <- t(lb) %*% solve(l %*% phi %*% t(l)) %*% lb / r
          put(name, paste(test, "satterthwaite"), c("f", "df1", "df2"), c(f, r, 2 * sum_e / (sum_e - r)))
        }
      }
    }
  }
}

# Analysis of covariance of the last visit, and weighted least squares with the sandwich covariance HC1.
from_lm <- function() {
  last <- fev[fev$AVISIT == "VIS4", ]
  fit <- lm(FEV1 ~ ARMCD + FEV1_BL + SEX, last)
  table <- coef(summary(fit))
  put("plain", "coefficient", 1:4 - 1, table[, 1])
  put("plain", "error", 1:4 - 1, table[, 2])
  put("plain", "p", 1:4 - 1, table[, 4])
  put("plain", "fit", c("df", "sigma"), c(fit$df.residual, sigma(fit)))
  interval <- confint(fit, 2, 0.95)
  put("plain", "interval", c("lower", "upper"), interval)
  at <- data.frame(ARMCD = c("PBO", "TRT"), FEV1_BL = mean(last$FEV1_BL), SEX = "Male")
  x <- model.matrix(~ ARMCD + FEV1_BL + SEX, rbind(last[, names(at)], at))[nrow(last) + 1:2, ]
  x[, 4] <- mean(last$SEX == "Female")
  put("plain", "mean", 0:1, x %*% coef(fit))
  put("plain", "mean error", 0:1, sqrt(diag(x %*% vcov(fit) %*% t(x))))
  fit <- lm(FEV1 ~ ARMCD + FEV1_BL + SEX, last, weights = WEIGHT)
  x <- model.matrix(fit)
  w <- last$WEIGHT
  bread <- solve(t(x) %*% (w * x))
  score <- x * (w * (last$FEV1 - x %*% coef(fit))[, 1])
  hc1 <- bread %*% crossprod(score) %*% bread * nrow(x) / (nrow(x) - ncol(x))
  put("weighted", "coefficient", 1:4 - 1, coef(fit))
  put("weighted", "error", 1:4 - 1, sqrt(diag(hc1)))
}

# Jump to reference: the imputation model by gls (a mean for each arm and visit, a slope of the baseline at each visit),
# conditional means, covariance analysis of the completed last visit, jackknife over subjects. A subject left after the
# last visit with a value.
from_reference <- function() {
  all <- read.csv("tests/reference/mmrm/fev_data.csv")
  ids <- unique(all$USUBJID)
  control <- glsControl(tolerance = 1e-12, msTol = 1e-14, maxIter = 500, msMaxIter = 500, opt = "nlminb")
  answer <- function(ids, assumption) {
    use <- all[all$USUBJID %in% ids, ]
    use$visit <- factor(use$VISITN)
    fit <- gls(FEV1 ~ 0 + visit + visit:ARMCD2 + visit:FEV1_BL, transform(use, ARMCD2 = as.numeric(ARMCD == "TRT")),
               correlation = corAR1(form = ~ VISITN | USUBJID), na.action = na.omit, control = control)
    b <- matrix(coef(fit), 4)
    rho <- coef(fit$modelStruct$corStruct, unconstrained = FALSE)
    v <- rho^abs(outer(1:4, 1:4, "-"))
    last <- do.call(rbind, lapply(split(use, use$USUBJID), function(s) {
      s <- s[order(s$VISITN), ]
      y <- s$FEV1
      treated <- s$ARMCD[1] == "TRT"
      own <- b[, 1] + b[, 2] * treated + b[, 3] * s$FEV1_BL
      mu <- own
      seen <- which(!is.na(y))
      left <- if (length(seen)) max(seen) + 1 else 1
      if (assumption == "jump" && left <= 4) mu[left:4] <- (b[, 1] + b[, 3] * s$FEV1_BL)[left:4]
      y4 <- y[4]
      if (is.na(y4)) y4 <- mu[4] + if (length(seen)) v[4, seen] %*% solve(v[seen, seen], y[seen] - own[seen]) else 0
      data.frame(y = as.numeric(y4), treated, base = s$FEV1_BL[1])
    }))
    coef(lm(y ~ treated + base, last))[[2]]
  }
  for (assumption in c("jump", "random")) {
    left_out <- sapply(seq_along(ids), function(i) answer(ids[-i], assumption))
    n <- length(ids)
    put(assumption, "difference", c("estimate", "error"),
        c(answer(ids, assumption), sqrt((n - 1) / n * sum((left_out - mean(left_out))^2))))
  }
}

switch(commandArgs(TRUE)[1],
       gls = from_gls(), kenwardroger = from_pbkrtest(), dense = from_definitions(), lm = from_lm(),
       reference = from_reference())
