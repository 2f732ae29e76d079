// The grade of a claim: a letter, what the letter means, and what was added to it.

export interface ClaimGrade {
  letter: string;
  meaning: string;
  remark: string;
}

const MEANINGS: Record<string, string> = {
  A: "consistent trials or meta-analysis",
  B: "human trials or measurements, limited or disputed",
  C: "small human, indirect or animal evidence",
  X: "contradicted or overstated as worded",
  "–": "no claim about an effect",
};

/** "B, contested: …" is B with a remark; "B-/C" keeps its words as the remark. */
export function gradeOf(text: string): ClaimGrade {
  const letter = text.trim()[0] ?? "–";
  const rest = text.trim().slice(1).trim();
  const remark = /^[A-Za-z0-9/+-]/.test(rest) && !rest.startsWith("history") ? rest : rest.replace(/^[,:;]\s*/, "");
  return { letter, meaning: MEANINGS[letter] ?? "not graded", remark };
}
