// The links that can be broken, in the words of this page. The names are the program's.

/** The port of inflammation held at twice its usual level. */
export const RAISE_INFLAMMATION = "inflammation.index=1";

export const LINK_WORDS: Record<string, { title: string; about: string }> = {
  "NMDA block": { title: "The block itself", about: "Ketamine reaches the brain but blocks no NMDA receptor." },
  "circuit and glutamate": { title: "The glutamate surge", about: "Cells stay as calm as without the drug." },
  AMPA: { title: "AMPA receptors", about: "The fast receptors of excitation do not answer." },
  BDNF: { title: "BDNF", about: "The growth signal stays at rest." },
  TrkB: { title: "TrkB", about: "The receptor that hears BDNF stays silent." },
  mTORC1: { title: "mTORC1", about: "The switch for making protein stays off." },
  spines: { title: "New spines", about: "No new points of contact between cells." },
  "stress axis": { title: "Stress axis", about: "Cortisol does not answer." },
  inflammation: { title: "Inflammation", about: "Inflammation does not move." },
  [RAISE_INFLAMMATION]: { title: "Raise inflammation", about: "Its messengers stand at twice their usual level, from the start on." },
  learning: { title: "Learning in sessions", about: "Nothing is learned in therapy sessions." },
  "antidepressant adaptation": { title: "Slow adaptation", about: "The slow answer to a classical antidepressant is missing." },
  expectation: { title: "Expectation", about: "The visit raises no hope: nobody expects to get better." },
};
