# Logistic fits of the endometrial cancer grades: plain glm without the separated NV, with
# profile limits by uniroot, and Firth by brglm2 (whose standard errors are those of the
# unaugmented information).
# Run in this folder: Rscript logistic.R   Writes logistic.json.
suppressMessages({library(brglm2); library(jsonlite)})
d <- read.csv("endometrial.csv")
tight <- glm.control(epsilon = 1e-14, maxit = 200)
fit <- glm(HG ~ PI + EH, binomial, d, control = tight)
# glm takes its standard errors from the weights of the last iteration but one: iterate on.
fit <- glm(HG ~ PI + EH, binomial, d, control = tight, start = coef(fit))
x <- model.matrix(fit)

limit <- function(k, side) {
  drop <- function(b) {
    inner <- glm.fit(x[, -k], d$HG, offset = b * x[, k], family = binomial(), control = tight)
    inner$deviance - fit$deviance - qchisq(0.95, 1)
  }
  est <- coef(fit)[k]
  se <- sqrt(vcov(fit)[k, k])
  uniroot(drop, sort(c(est, est + side * 6 * se)), tol = 1e-12)$root
}
firth <- glm(HG ~ NV + PI + EH, binomial, d, method = "brglmFit", type = "AS_mean",
             epsilon = 1e-12, maxit = 500)
s <- summary(fit)$coefficients
out <- list(R = R.version.string, brglm2 = as.character(packageVersion("brglm2")),
            plain = list(call = "glm(HG ~ PI + EH, binomial, endometrial)",
                         coef = unname(coef(fit)), se = unname(s[, 2]), p = unname(s[, 4]),
                         loglik = as.numeric(logLik(fit)),
                         lower = sapply(1:3, limit, side = -1),
                         upper = sapply(1:3, limit, side = 1)),
            firth = list(call = "glm(HG ~ NV + PI + EH, binomial, method = 'brglmFit', type = 'AS_mean')",
                         coef = unname(coef(firth)),
                         se = unname(summary(firth)$coefficients[, 2])))
write(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE), "logistic.json")
