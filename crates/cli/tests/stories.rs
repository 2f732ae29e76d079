//! The stories: every claim is told once, in plain words, and every question has the answer the model gives.

#![allow(clippy::disallowed_methods, reason = "tests read files and look at the clock")]

use resynapse::atlas::{Atlas, Embedded};
use resynapse::run::{Plan, run};
use resynapse_cli::serve::story::{self, Told};
use std::collections::BTreeMap;

/// The highest reading grade of a story.
const MOST: f64 = 9.0;

fn stories(atlas: &Atlas) -> Vec<Told> {
    story::load(atlas, &Embedded).unwrap_or_else(|(found, map)| panic!("{}", model::diagnostic::render(&found, &map)))
}

#[test]
fn agrees_with_every_claim_once() {
    let atlas = Atlas::embedded();
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    for t in stories(&atlas) {
        for claim in t.story.parts.iter().flat_map(|p| &p.claims) {
            assert_eq!(claim.heading, t.story.heading, "{} stands under another heading", claim.id);
            let before = told.insert(claim.id.clone(), t.story.name.clone());
            assert!(before.is_none(), "{} is told twice", claim.id);
        }
        assert!(!t.story.picture.ports.is_empty() && t.story.predict.choices.len() >= 3, "{}", t.story.name);
    }
    let all: Vec<&String> = atlas.claims.iter().map(|c| &c.id).collect();
    assert_eq!(told.keys().collect::<Vec<_>>(), all);
}

/// Syllables by groups of vowels, a silent e at the end left out; at least one.
fn syllables(word: &str) -> usize {
    let word: String = word.to_lowercase().chars().filter(|c| c.is_ascii_alphabetic()).collect();
    let vowel = |c: char| "aeiouy".contains(c);
    let letters: Vec<char> = word.chars().collect();
    let groups = (0..letters.len()).filter(|i| vowel(letters[*i]) && (*i == 0 || !vowel(letters[i - 1]))).count();
    let silent = word.ends_with('e') && !word.ends_with("le") && groups > 1;
    (groups - usize::from(silent)).max(1)
}

/// Flesch-Kincaid grade.
///
/// Source: Kincaid 1975, Research Branch Report 8-75, Naval Technical Training Command.
fn grade(text: &str) -> f64 {
    let words: Vec<&str> = text.split_whitespace().filter(|w| w.chars().any(|c| c.is_ascii_alphabetic())).collect();
    // A full stop within a number ends no sentence.
    let sentences = text.split_whitespace().filter(|w| w.ends_with(['.', '?', '!', ':', ';'])).count().max(1);
    let sounds: usize = words.iter().map(|w| w.split('-').map(syllables).sum::<usize>()).sum();
    0.39 * words.len() as f64 / sentences as f64 + 11.8 * sounds as f64 / words.len().max(1) as f64 - 15.59
}

#[test]
fn agrees_with_a_reading_grade_by_hand() {
    assert_eq!(["glutamate", "the", "people", "spine", "brain", "symptom"].map(syllables), [3, 1, 2, 1, 1, 2]);
    // Six words, one sentence, six syllables.
    assert!((grade("The cat sat on the mat.") - (0.39 * 6.0 + 11.8 - 15.59)).abs() < 1e-9);
}

#[test]
fn agrees_with_plain_english() {
    let atlas = Atlas::embedded();
    for t in stories(&atlas) {
        let s = &t.story;
        let mut text =
            vec![s.lead.clone(), s.picture.caption.clone(), s.predict.question.clone(), s.predict.reveal.clone()];
        text.extend(s.parts.iter().flat_map(|p| p.text.clone()));
        let text = text.join(" ");
        let (grade, words) = (grade(&text), text.split_whitespace().count());
        println!("{:28} grade {grade:.1}, {words} words", s.name);
        assert!(grade <= MOST, "`{}` reads at grade {grade:.1}", s.name);
        assert!((150..=900).contains(&words), "`{}` has {words} words", s.name);
        for word in ["you should", "we recommend", "miracle", "cure"] {
            let padded = format!(" {} ", text.to_lowercase());
            assert!(!padded.contains(&format!(" {word} ")), "`{}` says `{word}`", s.name);
        }
    }
}

#[test]
fn agrees_with_the_model_about_every_answer() {
    let atlas = Atlas::embedded();
    let mut wrong = Vec::new();
    for t in stories(&atlas) {
        for ask in std::iter::once(&t.story.picture.ask).chain(&t.story.picture.against) {
            let plan: Plan =
                resynapse_cli::serve::plan(&atlas, ask).unwrap_or_else(|e| panic!("`{}`: {e}", t.story.name));
            if std::ptr::eq(ask, &t.story.picture.ask) {
                let results = run(&atlas, &plan).unwrap_or_else(|e| panic!("{e:?}"));
                let reading = t.reading.of(&results);
                println!(
                    "{:28} {} {:?} {reading:.4} in [{}, {}]",
                    t.story.name, t.reading.port, t.reading.read, t.reading.low, t.reading.high
                );
                if !t.reading.holds(&results) {
                    wrong.push(t.story.name.clone());
                }
            }
        }
    }
    assert!(wrong.is_empty(), "the answers of {wrong:?} are not what the model gives");
}
