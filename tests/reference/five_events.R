# Firth Cox of five_events.csv (SYNTHETIC: 120 children, 5 perforations, 4 anti-NXP2 and 1
# anti-TIF1g) by coxphf; its numbers stand in firth.json.
library(survival); library(coxphf)
d <- read.csv("five_events.csv"); options(digits = 15)
f <- Surv(start, stop, event) ~ nxp2 + tif1g + mda5 + dose_mg_kg
r <- suppressWarnings(coxph(update(f, . ~ . + cluster(patient_id)), d, ties = "breslow"))
print(summary(r)$coefficients)
h <- coxphf(f, d, pl = TRUE, maxit = 500, maxstep = 0.5, epsilon = 1e-9, gconv = 1e-9)
print(cbind(coef = h$coefficients, se = sqrt(diag(h$var)), lower = log(h$ci.lower), upper = log(h$ci.upper), p = h$prob)); print(h$loglik)
