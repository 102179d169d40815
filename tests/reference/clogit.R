# Conditional logistic regression: survival::clogit, exact and by the Cox rules for ties, on R's
# datasets::infert (abortions and infertility, 83 matched sets) and on matched.csv (SYNTHETIC):
# "1:m" sets of one case and 1 to 5 controls, "n:m" of 1 to 3 cases and 2 to 6 controls.
# var is the inverse information; cluster_var has cluster(set) (not offered by exact, hence by breslow
# and efron only). profile: 95% limits by uniroot on the exact log-likelihood, others maximised.
# Also the exact ("discrete") partial likelihood of a tied survival set: coxph(ties = "exact").
# Run in this folder: Rscript clogit.R   Writes clogit.json and infert.csv.
suppressMessages({library(survival); library(jsonlite)})
options(digits = 17)
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50)
plain <- function(m) if (is.matrix(m)) unname(m) else unname(c(m))
inf <- with(infert, data.frame(stratum, case, age, parity, induced, spontaneous, education = c("a_0-5y", "b_6-11y", "c_12+y")[as.integer(education)]))
write.csv(inf, "infert.csv", row.names = FALSE, quote = FALSE)
m <- read.csv("matched.csv"); m$dose2 <- NULL
lung <- read.csv("lung.csv"); lung$month <- ceiling(lung$stop / 60.875)

one <- function(d, x, set, method, cluster = NULL) {
  f <- as.formula(paste("case ~", x, "+ strata(", set, ")", if (!is.null(cluster)) sprintf("+ cluster(%s)", cluster)))
  fit <- eval(substitute(clogit(f, d, method = method, control = tight), list(f = f, method = method)))
  list(terms = names(coef(fit)), coef = plain(coef(fit)), var = plain(fit$var), naive_var = plain(fit$naive.var), loglik = fit$loglik,
       score_test = fit$score, n = fit$n, nevent = fit$nevent)
}
profile <- function(d, x, set) {  # columns of x one by one; numeric columns only
  fit <- clogit(as.formula(paste("case ~", paste(x, collapse = "+"), "+ strata(", set, ")")), d, method = "exact", control = tight)
  sapply(seq_along(x), function(k) sapply(c(-1, 1), function(side) {
    drop <- function(b) {
      d$shift <- b * d[[x[k]]]
      inner <- clogit(as.formula(paste("case ~", paste(c(x[-k], "offset(shift)"), collapse = "+"), "+ strata(", set, ")")), d, method = "exact", control = tight)
      2 * (fit$loglik[2] - inner$loglik[2]) - qchisq(0.95, 1)
    }
    b <- coef(fit)[k]; se <- sqrt(fit$var[k, k])
    uniroot(drop, sort(c(b, b + side * 6 * se)), tol = 1e-12)$root
  }))
}
all_of <- function(d, x, set) {
  ways <- c("exact", "efron", "breslow")
  out <- setNames(lapply(ways, function(w) one(d, x, set, w)), ways)
  out$efron_cluster <- one(d, x, set, "efron", set)
  out$breslow_cluster <- one(d, x, set, "breslow", set)
  numeric <- strsplit(x, " + ", fixed = TRUE)[[1]]
  if (all(numeric %in% names(d)) && all(sapply(d[numeric], is.numeric))) {
    lim <- profile(d, numeric, set)
    out$profile_exact <- list(lower = lim[1, ], upper = lim[2, ])
  }
  c(list(call = paste0("clogit(case ~ ", x, " + strata(", set, "), method = )")), out)
}
tied <- function(ties) {
  fit <- coxph(Surv(month, event) ~ age + sex + ph_ecog, lung, ties = ties, control = tight)
  list(terms = names(coef(fit)), coef = plain(coef(fit)), var = plain(fit$var), loglik = fit$loglik)
}
out <- list(R = R.version.string, survival = as.character(packageVersion("survival")),
  infert = all_of(inf, "spontaneous + induced", "stratum"),
  matched_1_m = all_of(m[m$design == "1:m", ], "x + z + dose", "set"),
  matched_n_m = all_of(m[m$design == "n:m", ], "x + z + dose", "set"),
  matched_all = all_of(m, "x + z + dose", "set"),
  matched_n_m_interaction = all_of(m[m$design == "n:m", ], "x * z + dose", "set"),
  lung_months = list(call = "coxph(Surv(ceiling(stop / 60.875), event) ~ age + sex + ph_ecog, lung, ties = )",
                     exact = tied("exact"), efron = tied("efron"), breslow = tied("breslow")))
write(toJSON(out, digits = NA, auto_unbox = TRUE, null = "null", na = "null"), "clogit.json")
