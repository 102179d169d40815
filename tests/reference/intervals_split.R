# Splitting: survSplit on one scale (survival::heart), and Epi::splitLexis on three scales in
# turn (time since diagnosis, age, calendar year as a fraction) on made-up people (SYNTHETIC).
# Run in this folder: Rscript intervals_split.R   Writes intervals_split.json.
suppressMessages({library(survival); library(Epi); library(jsonlite)})
h <- heart[, c("id", "start", "stop", "event", "surgery")]
cuts <- c(10, 30.5, 90, 365, 700)
s <- survSplit(Surv(start, stop, event) ~ id + surgery, h, cut = cuts)

set.seed(3)
n <- 60
p <- data.frame(id = 1:n, entry = sample(0:200, n, TRUE), a0 = round(runif(n, 2, 17), 3),
                y0 = round(runif(n, 2005, 2016), 3))
p$exit <- p$entry + sample(50:3000, n, TRUE)
p$event <- rbinom(n, 1, 0.4)
unit <- 365.25
L <- Lexis(entry = list(years = entry / unit, age = a0 + entry / unit,
                        cal = y0 + entry / unit),
           exit = list(years = exit / unit), exit.status = event, data = p, notes = FALSE)
three <- list(years = c(0.25, 1, 2, 5), age = c(5, 10, 15), cal = 2006:2022)
S <- splitLexis(L, three$years, "years")
S <- splitLexis(S, three$age, "age")
S <- splitLexis(S, three$cal, "cal")
S <- S[order(S$id, S$years), ]
band <- function(x, b) findInterval(x + 1e-9, b)  # 0 below the first cut
out <- list(R = R.version.string, survival = as.character(packageVersion("survival")),
            Epi = as.character(packageVersion("Epi")), heart = h, heart_cuts = cuts,
            heart_split = s, people = p, three = three,
            lexis = data.frame(id = S$id, start = S$years * unit,
                               stop = (S$years + S$lex.dur) * unit, event = S$lex.Xst,
                               years = band(S$years, three$years),
                               age = band(S$age, three$age), cal = band(S$cal, three$cal)))
write(toJSON(out, digits = NA, dataframe = "columns"), "intervals_split.json")
