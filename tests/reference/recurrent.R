# Recurrent infections of chronic granulomatous disease (cgd.csv: survival::cgd): the tables of the
# Andersen-Gill and Prentice-Williams-Peterson models and their fits, robust by child (cluster(id)).
#   tables   id, enum, start, stop, gap, event of the first 12 children, as each model reads them
#   ag       coxph(Surv(start, stop, event) ~ x + cluster(id))
#   pwp_tt   the same + strata(enum): total time
#   pwp_gap  coxph(Surv(gap, event) ~ x + strata(enum) + cluster(id)): gap time
#   *_first3 only the first three intervals of each child (enum <= 3)
#   marginal_first  only the first event: coxph on enum == 1
#   mcf      mean number of infections: survfit(Surv(start, stop, event) ~ 1, id = id), cumhaz and
#            std_chaz; robust_se is std_chaz with id (infinitesimal jackknife), naive_se sqrt of
#            sum(events / at risk^2) by hand (Nelson-Aalen).
#   counts   glm(events ~ x + offset(log(years)), poisson) and MASS::glm.nb on one row per child
# Run in this folder: Rscript recurrent.R   Writes recurrent.json.
suppressMessages({library(survival); library(jsonlite); library(MASS)})
options(digits = 17)
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50)
plain <- function(m) if (is.matrix(m)) unname(m) else unname(c(m))
d <- read.csv("cgd.csv")
few <- d[d$enum <= 3, ]
x <- "rifn + x_linked + age + steroids"

one <- function(left, rows, strata = "", ties = "efron") {
  f <- as.formula(paste(left, "~", x, strata))
  fit <- eval(substitute(coxph(f, rows, cluster = id, ties = ties, control = tight), list(f = f, ties = ties)))
  list(call = sprintf("coxph(%s, cluster = id, ties = '%s')", paste(deparse(f, width.cutoff = 500), collapse = ""), ties),
       terms = names(coef(fit)), coef = plain(coef(fit)), naive_var = plain(fit$naive.var), var = plain(fit$var),
       loglik = fit$loglik, score_test = fit$score, rscore = fit$rscore, n = fit$n, nevent = fit$nevent)
}
both <- function(...) list(efron = one(...), breslow = one(..., ties = "breslow"))
total <- "Surv(start, stop, event)"; gap <- "Surv(gap, event)"
mcf <- function(rows) {
  fit <- survfit(Surv(start, stop, event) ~ 1, rows, id = id)
  when <- c(30, 90, 180, 270, 365)
  s <- summary(fit, times = when)
  naive <- sapply(when, function(end) {
    t <- sort(unique(rows$stop[rows$event == 1 & rows$stop <= end]))
    sqrt(sum(vapply(t, FUN.VALUE = 0, function(u) sum(rows$stop == u & rows$event) / sum(rows$start < u & rows$stop >= u)^2)))
  })
  list(times = when, mean = s$cumhaz, robust_se = s$std.chaz, naive_se = naive, n_risk = s$n.risk)
}
child <- aggregate(cbind(events = event) ~ id + rifn + x_linked + steroids, d, sum)
child <- merge(child, aggregate(cbind(years = stop / 365.25) ~ id, d, max))
child <- merge(child, aggregate(age ~ id, d, min)); child <- child[order(child$id), ]
f <- events ~ rifn + x_linked + age + steroids + offset(log(years))
pois <- glm(f, poisson, child, control = glm.control(epsilon = 1e-14, maxit = 100))
nb <- glm.nb(f, child, control = glm.control(epsilon = 1e-13, maxit = 200))
shown <- d[d$id %in% unique(d$id)[1:12], c("id", "enum", "start", "stop", "gap", "event")]
out <- list(R = R.version.string, survival = as.character(packageVersion("survival")),
  table_first_12_children = shown, intervals_by_enum = as.list(table(d$enum)), events_by_enum = as.list(tapply(d$event, d$enum, sum)),
  ag = both(total, d), pwp_tt = both(total, d, "+ strata(enum)"), pwp_gap = both(gap, d, "+ strata(enum)"),
  ag_first3 = both(total, few), pwp_tt_first3 = both(total, few, "+ strata(enum)"), pwp_gap_first3 = both(gap, few, "+ strata(enum)"),
  marginal_first = both(total, d[d$enum == 1, ]),
  ag_region = both(total, d, "+ strata(region)"),
  mcf = list(all = mcf(d), rifn_0 = mcf(d[d$rifn == 0, ]), rifn_1 = mcf(d[d$rifn == 1, ])),
  counts = list(rows = nrow(child), events = sum(child$events), years = sum(child$years),
    poisson = list(terms = names(coef(pois)), coef = plain(coef(pois)), var = plain(vcov(pois)), loglik = plain(c(logLik(pois))),
      pearson_dispersion = sum(residuals(pois, "pearson")^2) / pois$df.residual),
    negative_binomial = list(coef = plain(coef(nb)), var = plain(vcov(nb)), theta = nb$theta, se_theta = nb$SE.theta, loglik = plain(c(logLik(nb))))))
write(toJSON(out, digits = NA, auto_unbox = TRUE, null = "null", na = "null"), "recurrent.json")
