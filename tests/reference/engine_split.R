# A time split and an interaction of two exposures.
#   split   survSplit of pbc.csv at day 1000 and at days 400, 1500, then coxph with one coefficient of
#           log_bili per period (columns log_bili in that period, else 0), under both rules for ties.
#           lr: twice the gain over one coefficient. Splitting alone changes nothing (one_coefficient).
#   reri    coxph with swollen (edema > 0), high (log_bili > 1) and their product, adjusted for age:
#           RERI, AP = RERI / hr11, S = (hr11 - 1) / (hr10 + hr01 - 2), with standard errors by the
#           delta method from coef and var (of log S for S), limits estimate +- 1.96 se (exp for S).
#           Written out by hand.
# Run in this folder: Rscript engine_split.R   Writes engine_split.json.
source("engine_fits.R")
pbc <- read.csv("pbc.csv")
fit_of <- function(f, rows, ties) { fit <- eval(substitute(coxph(f, rows, ties = ties, control = tight), list(f = f, ties = ties)))
  list(terms = names(coef(fit)), coef = plain(coef(fit)), var = plain(fit$var), loglik = fit$loglik, n = fit$n, nevent = fit$nevent) }
split_at <- function(cuts) {
  s <- survSplit(Surv(stop, event) ~ ., pbc[setdiff(names(pbc), "start")], cut = cuts, episode = "period", start = "start")
  k <- length(cuts) + 1
  for (j in 1:k) s[[paste0("log_bili_", j)]] <- s$log_bili * (s$period == j)
  f <- as.formula(paste("Surv(start, stop, event) ~ age + albumin +", paste0("log_bili_", 1:k, collapse = " + ")))
  one <- function(ties) {
    a <- fit_of(f, s, ties); b <- fit_of(Surv(start, stop, event) ~ age + albumin + log_bili, s, ties)
    list(by_period = a, one_coefficient = b, lr = 2 * (a$loglik[2] - b$loglik[2]))
  }
  list(cuts = cuts, rows = nrow(s), rows_by_period = plain(table(s$period)), events_by_period = plain(tapply(s$event, s$period, sum)),
       efron = one("efron"), breslow = one("breslow"))
}
pbc$swollen <- as.integer(pbc$edema > 0); pbc$high <- as.integer(pbc$log_bili > 1)
reri <- function(ties) {
  fit <- fit_of(Surv(stop, event) ~ swollen + high + swollen:high + age, pbc, ties)
  at <- match(c("swollen", "high", "swollen:high"), fit$terms)
  b <- fit$coef[at]; v <- fit$var[at, at]
  r10 <- exp(b[1]); r01 <- exp(b[2]); r11 <- exp(sum(b))
  value <- r11 - r10 - r01 + 1
  slope <- c(r11 - r10, r11 - r01, r11)
  ap <- value / r11; slope_ap <- slope / r11 - value / r11
  s <- (r11 - 1) / (r10 + r01 - 2)
  slope_s <- c(r11 / (r11 - 1) - r10 / (r10 + r01 - 2), r11 / (r11 - 1) - r01 / (r10 + r01 - 2), r11 / (r11 - 1))
  se <- function(g) sqrt(drop(g %*% v %*% g)); z <- qnorm(0.975)
  list(fit = fit, hr10 = r10, hr01 = r01, hr11 = r11, reri = value, reri_se = se(slope), reri_lower = value - z * se(slope), reri_upper = value + z * se(slope),
       ap = ap, ap_se = se(slope_ap), ap_lower = ap - z * se(slope_ap), ap_upper = ap + z * se(slope_ap),
       synergy = s, log_synergy_se = se(slope_s), synergy_lower = s * exp(-z * se(slope_s)), synergy_upper = s * exp(z * se(slope_s)))
}
put(list(split_1000 = split_at(1000), split_400_1500 = split_at(c(400, 1500)),
         reri = list(call = "coxph(Surv(stop, event) ~ swollen + high + swollen:high + age, pbc); swollen = edema > 0, high = log_bili > 1",
                     efron = reri("efron"), breslow = reri("breslow"))),
    "engine_split.json", note = list(about = "survSplit, period-specific coefficients, and additive interaction"))
