# Effects that change at a time: survSplit and coxph with one covariate per period, on pbc
# (Mayo Clinic, survival::pbc; death from any cause) and on the heart transplants with
# delayed entry (survival::heart).
# Run in this folder: Rscript changing_effects.R   Writes changing_effects.json.
suppressMessages({library(survival); library(jsonlite)})
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 200)
told <- function(fit) list(terms = names(coef(fit)), coef = unname(coef(fit)),
                           var = unname(fit$var), loglik = fit$loglik)
p <- data.frame(patient_id = pbc$id, start = 0, stop = pbc$time,
                event = as.integer(pbc$status == 2), edema = pbc$edema, age = pbc$age,
                logbili = log(pbc$bili))
days <- c(365, 1461)
s <- survSplit(Surv(start, stop, event) ~ ., p, cut = days, episode = "period")
for (k in 1:3) {
  s[[paste0("edema_", k)]] <- s$edema * (s$period == k)
  s[[paste0("logbili_", k)]] <- s$logbili * (s$period == k)
}
several <- coxph(Surv(start, stop, event) ~ age + edema_1 + edema_2 + edema_3 + logbili_1 +
                   logbili_2 + logbili_3, s, control = tight)
h <- read.csv("heart.csv")
hs <- survSplit(Surv(start, stop, event) ~ ., h, cut = 60, episode = "period")
hs$before <- hs$transplant * (hs$period == 1)
hs$from <- hs$transplant * (hs$period == 2)
one <- coxph(Surv(start, stop, event) ~ age + before + from, hs, control = tight)
out <- list(R = R.version.string, survival = as.character(packageVersion("survival")),
            pbc = p, days = days, pieces = nrow(s),
            events = as.vector(tapply(s$event, s$period, sum)), several = told(several),
            heart_pieces = nrow(hs), heart = told(one))
write(toJSON(out, digits = NA, auto_unbox = TRUE, dataframe = "columns"),
      "changing_effects.json")
