# Competing risks on mgus2.csv (event 1: plasma cell malignancy, 2: death without it) by survival
# and cmprsk. "late" rows are those with entry < stop (entry is SYNTHETIC).
#   aalen_johansen  survfit(Surv(...), factor) multi-state: pstate at times, by sex, with case weights
#                   and with delayed entry; std_err is survfit's infinitesimal jackknife.
#                   at_risk_prob is the same product-integral written out in R (a check below).
#   cuminc, gray    cmprsk::cuminc: est and var at times, by sex; Gray's test (Tests), also with strata.
#   crr             cmprsk::crr on the first 300 rows: coef, var (its sandwich), loglik.
#   fine_gray       finegray + coxph(weights = fgwt, cluster = id): naive_var and var apart; both
#                   causes; Breslow and Efron; delayed entry (finegray(..., id = id)); censoring
#                   estimated within sex and the Cox model stratified by sex too. loglik is coxph's,
#                   weights included. cif: 1 - survfit(fit, newdata) at times.
#   *_by_hand       censoring (and entry) estimated within sex, the Cox model NOT stratified. finegray with
#                   strata() cuts rows at that stratum's own event times only, so its rows are exact
#                   only under a Cox model with the same strata (the unstratified fit of its rows:
#                   age -0.01163 where the exact weights give what is recorded here). The weights are
#                   therefore written out: one row per later event time, weight
#                   G(t-) H(t-) / (G(T-) H(T-)). Without groups this equals finegray (checked below).
# Run in this folder: Rscript competing_risks.R   Writes competing_risks.json.
suppressMessages({library(survival); library(cmprsk); library(jsonlite)})
options(digits = 17)
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50)
d <- read.csv("mgus2.csv")
d$state <- factor(d$event, 0:2, c("censored", "pcm", "death"))
late <- d[d$entry < d$stop, ]
when <- c(1, 12, 60, 120, 240, 360)
plain <- function(m) if (is.matrix(m)) unname(m) else unname(c(m))

aj <- function(fit) {
  s <- summary(fit, times = when, extend = TRUE)
  list(states = fit$states, strata = if (is.null(s$strata)) NULL else as.character(s$strata), time = s$time,
       pstate = plain(s$pstate), std_err = plain(s$std.err), n_risk = plain(s$n.risk))
}
by_hand <- function(d, from, w) {  # product over days of (1 - all hazards), cause by cause
  t(sapply(when, function(end) {
    alive <- 1; f <- c(0, 0)
    for (t in sort(unique(d$stop[d$event > 0 & d$stop <= end]))) {
      risk <- sum(w[from < t & d$stop >= t])
      h <- sapply(1:2, function(k) sum(w[d$stop == t & d$event == k]) / risk)
      f <- f + alive * h; alive <- alive * (1 - sum(h))
    }
    c(alive, f)
  }))
}
curves <- list(
  plain = aj(survfit(Surv(stop, state) ~ 1, d, id = id, conf.type = "none")),
  by_male = aj(survfit(Surv(stop, state) ~ male, d, id = id, conf.type = "none")),
  weighted = aj(survfit(Surv(stop, state) ~ 1, d, weights = weight, id = id, conf.type = "none")),
  delayed = aj(survfit(Surv(entry, stop, state) ~ 1, late, id = id, conf.type = "none")),
  delayed_weighted = aj(survfit(Surv(entry, stop, state) ~ 1, late, weights = weight, id = id, conf.type = "none")))
stopifnot(all.equal(curves$weighted$pstate, by_hand(d, rep(0, nrow(d)), d$weight)),
          all.equal(curves$delayed_weighted$pstate, by_hand(late, late$entry, late$weight)))

ci <- cuminc(d$stop, d$event, d$male, cencode = 0)
tp <- timepoints(ci, when)
ci1 <- cuminc(d$stop, d$event, cencode = 0)
tp1 <- timepoints(ci1, when)
d$decade <- pmin(pmax(d$age %/% 10, 5), 8)
tests <- function(x) list(rows = rownames(x), stat = plain(x[, 1]), p = plain(x[, 2]), df = plain(x[, 3]))
gray <- list(by_male = tests(ci$Tests), by_decade = tests(cuminc(d$stop, d$event, d$decade, cencode = 0)$Tests),
             by_male_strata_decade = tests(cuminc(d$stop, d$event, d$male, d$decade, cencode = 0)$Tests),
             by_male_rho1 = tests(cuminc(d$stop, d$event, d$male, cencode = 0, rho = 1)$Tests))

few <- d[1:300, ]
one_crr <- function(code) {
  f <- crr(few$stop, few$event, as.matrix(few[c("age", "male", "mspike")]), failcode = code, cencode = 0, gtol = 1e-12, maxiter = 100)
  list(rows = "first 300 of mgus2.csv", failcode = code, coef = plain(f$coef), var = plain(f$var), loglik = c(f$loglik.null, f$loglik),
       inf = plain(f$inf), converged = f$converged)
}

fg <- function(rows, left, code, ties = "breslow", censoring = NULL, strata = NULL, cluster = TRUE) {
  f <- as.formula(paste(left, "~ age + male + mspike + id", if (!is.null(censoring)) sprintf("+ strata(%s)", censoring)))
  long <- finegray(f, data = rows, etype = c("pcm", "death")[code], id = id)
  # finegray drops the strata column from the data it returns, if it was only there
  long$male <- rows$male[match(long$id, rows$id)]
  right <- paste("age + male + mspike", if (!is.null(strata)) sprintf("- %s + strata(%s)", strata, strata))
  model <- as.formula(paste("Surv(fgstart, fgstop, fgstatus) ~", right))
  fit <- eval(substitute(coxph(model, data = long, weights = fgwt, ties = ties, cluster = id, control = tight), list(model = model, ties = ties)))
  newdata <- data.frame(age = c(60, 80), male = c(0, 1), mspike = c(1, 2.5))
  cif <- t(sapply(1:2, function(i) 1 - summary(survfit(fit, newdata = newdata[i, ], se.fit = FALSE), times = when, extend = TRUE)$surv))
  list(call = sprintf("coxph(Surv(fgstart, fgstop, fgstatus) ~ %s, weights = fgwt, ties = '%s', cluster = id) after finegray(%s, etype = %d, id = id)",
                      right, ties, paste(deparse(f, width.cutoff = 500), collapse = ""), code),
       terms = names(coef(fit)), coef = plain(coef(fit)), naive_var = plain(fit$naive.var), var = plain(fit$var), loglik = fit$loglik,
       expanded_rows = nrow(long), n_rows = nrow(rows), n_events = sum(rows$event == code), newdata = newdata, times = when, cif = cif)
}
expand_by_hand <- function(rows, entry, code, group) {
  rows$from <- entry
  curve <- function(r) {
    both <- function(t) {
      g <- sapply(sort(unique(r$stop[r$event == 0 & r$stop < t])), function(c)
        1 - sum(r$stop == c & r$event == 0) / sum(r$from < c & (r$stop > c | (r$stop == c & r$event == 0))))
      h <- sapply(sort(unique(r$from[r$from >= t])), function(e) 1 - sum(r$from == e) / sum(r$from <= e & r$stop > e))
      prod(unlist(g)) * prod(unlist(h))
    }
    at <- sort(unique(rows$stop))
    setNames(sapply(at, both), at)
  }
  curves <- lapply(split(rows, group), curve)
  events <- sort(unique(rows$stop[rows$event == code]))
  do.call(rbind, lapply(seq_len(nrow(rows)), function(i) {
    r <- rows[i, ]
    gh <- curves[[as.character(group[i])]]
    later <- if (r$event == 3 - code) events[events > r$stop] else numeric(0)
    data.frame(id = r$id, age = r$age, male = r$male, mspike = r$mspike, fgstart = c(r$from, r$stop, later[-length(later)])[seq_len(1 + length(later))],
               fgstop = c(r$stop, later), fgstatus = as.integer(c(r$event == code, rep(FALSE, length(later)))),
               fgwt = c(1, unname(gh[as.character(later)] / gh[as.character(r$stop)])))
  }))
}
by_hand_fit <- function(rows, entry, code, group, ties = "breslow") {
  long <- expand_by_hand(rows, entry, code, group)
  long <- long[long$fgwt > 0, ]
  fit <- coxph(Surv(fgstart, fgstop, fgstatus) ~ age + male + mspike, long, weights = fgwt, ties = ties, cluster = id, control = tight)
  newdata <- data.frame(age = c(60, 80), male = c(0, 1), mspike = c(1, 2.5))
  cif <- t(sapply(1:2, function(i) 1 - summary(survfit(fit, newdata = newdata[i, ], se.fit = FALSE), times = when, extend = TRUE)$surv))
  list(terms = names(coef(fit)), coef = plain(coef(fit)), naive_var = plain(fit$naive.var), var = plain(fit$var), loglik = fit$loglik,
       n_rows = nrow(rows), n_events = sum(rows$event == code), newdata = newdata, times = when, cif = cif)
}
right_cens <- "Surv(stop, state)"; entry <- "Surv(entry, stop, state)"
first500 <- d[1:500, ]
fine_gray <- list(
  cause1 = fg(d, right_cens, 1), cause2 = fg(d, right_cens, 2), cause1_efron = fg(d, right_cens, 1, "efron"),
  cause2_efron = fg(d, right_cens, 2, "efron"),
  cause1_first300 = fg(few, right_cens, 1), cause2_first300 = fg(few, right_cens, 2),
  cause1_censoring_by_male_by_hand = by_hand_fit(d, rep(0, nrow(d)), 1, d$male),
  cause1_censoring_and_strata_male = fg(d, right_cens, 1, censoring = "male", strata = "male"),
  cause1_strata_male = fg(d, right_cens, 1, strata = "male"),
  delayed_cause1 = fg(late, entry, 1), delayed_cause2 = fg(late, entry, 2),
  delayed_cause1_efron = fg(late, entry, 1, "efron"),
  delayed_cause1_censoring_by_male_by_hand = by_hand_fit(late, late$entry, 1, late$male),
  delayed_cause1_censoring_and_strata_male = fg(late, entry, 1, censoring = "male", strata = "male"))
for (k in c("coef", "naive_var", "var", "loglik", "cif")) stopifnot(
  all.equal(by_hand_fit(d, rep(0, nrow(d)), 1, rep(1, nrow(d)))[[k]], fine_gray$cause1[[k]], tolerance = 1e-9),
  all.equal(by_hand_fit(late, late$entry, 1, rep(1, nrow(late)))[[k]], fine_gray$delayed_cause1[[k]], tolerance = 1e-9))

out <- list(R = R.version.string, survival = as.character(packageVersion("survival")), cmprsk = as.character(packageVersion("cmprsk")),
  times = when, aalen_johansen = curves,
  cuminc = list(by_male = list(curves = rownames(tp$est), est = plain(tp$est), var = plain(tp$var)),
                all = list(curves = rownames(tp1$est), est = plain(tp1$est), var = plain(tp1$var))),
  gray = gray, decade = "pmin(pmax(age %/% 10, 5), 8)", crr = list(cause1 = one_crr(1), cause2 = one_crr(2)), fine_gray = fine_gray)
write(toJSON(out, digits = NA, auto_unbox = TRUE, null = "null", na = "null"), "competing_risks.json")
