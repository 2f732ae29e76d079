# Transcribes the tables of a SAS PROC MIXED listing (sas_un_reml.txt of the public repository openpharma/mmrm) into CSV.
# Debian packages: r-base-core (4.2.2 was used); no further package.
#
#   Rscript tests/reference/mmrm_sas.R LISTING > tests/reference/mmrm/sas_unstructured.csv
#
# Numbers stay as printed, so that a reader knows to how many figures they are given.

lines <- readLines(commandArgs(TRUE)[1])
cat("table,row,estimate,error,df,statistic,lower,upper\n")
put <- function(table, row, estimate = "", error = "", df = "", statistic = "", lower = "", upper = "")
  cat(paste(table, row, estimate, error, df, statistic, lower, upper, sep = ","), "\n", sep = "")

# Words of the lines that match a pattern between two headings.
between <- function(from, to, pattern) {
  start <- grep(from, lines)[1]
  end <- start + grep(to, lines[-seq_len(start)])[1]
  found <- grep(pattern, lines[start:end], value = TRUE)
  strsplit(trimws(gsub("Black or African American", "Black", found)), " +")
}

history <- between("Iteration History", "Convergence criteria", "^ +[0-9]+ +[0-9]+ +[0-9.]+")
for (w in history) put("iteration", w[1], w[3])
for (w in between("Fit Statistics", "Null Model", "Smaller is Better")) put("fit", tolower(w[1]), w[length(w)])
for (w in between("Covariance Parameter Estimates", "Fit Statistics", "^ +UN\\("))
  put("covariance", gsub(",", ".", w[1]), w[3], lower = w[5], upper = w[6])
for (w in between("Solution for Fixed Effects", "Type 3 Tests", "[0-9]+\\.[0-9]+ +[0-9.]+ +[0-9]+ ")) {
  n <- length(w)
  put("fixed", paste(w[seq_len(n - 5)], collapse = " "), w[n - 4], w[n - 3], w[n - 2], w[n - 1])
}
for (w in between("Type 3 Tests", "The SAS System", "^ +[A-Z*]+ +[0-9] "))
  put("type3", w[1], w[2], df = w[3], statistic = w[5])
for (w in between("Least Squares Means", "Differences of", "^ +AVISIT\\*ARMCD"))
  put("mean", paste(w[2], w[3]), w[4], w[5], w[6], w[7], w[10], w[11])
for (w in between("Differences of Least Squares Means", "The SAS System", "^ +AVISIT\\*ARMCD"))
  put("difference", paste(w[2], w[3], "-", w[4], w[5]), w[6], w[7], w[8], w[9], w[12], w[13])
