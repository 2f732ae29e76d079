//! Connectomes from outside: what is read, and what is refused with which words.
//!
//! The archives in `data` were written by numpy and by Python's zipfile: one matrix of three regions.

use neural::brain::{Connectome, ConnectomeError, Scale, Transform, homologues, read_npz, read_text, read_tvb_zip};

const LIMIT: u64 = 1 << 20;
const WEIGHTS: [f64; 9] = [0.0, 2.0, 0.5, 3.0, 0.0, 1.0, 0.0, 1.25, 0.0];
const LENGTHS: [f64; 9] = [0.0, 10.0, 20.0, 10.0, 0.0, 15.0, 20.0, 15.0, 0.0];
const LABELS: [&str; 3] = ["left", "middle", "right"];

fn names(connectome: &Connectome) -> Vec<&str> {
    connectome.labels().iter().map(String::as_str).collect()
}

fn words(result: Result<Connectome, ConnectomeError>) -> String {
    result.expect_err("refused").to_string()
}

#[test]
fn agrees_on_one_matrix_in_every_format() {
    let read = [
        read_text("region\tleft\tmiddle\tright\nleft\t0\t2\t.5\nmiddle\t3\t0\t1\nright\t0\t1.25\t0\n", LIMIT),
        read_text("\u{feff}left,middle,right\r\n0,2,0.5\r\n3,0,1\r\n0,1.25,0\r\n", LIMIT),
        read_text("# made by hand\n\"left\";0;2;0.5\n\"middle\";3;0;1\n\"right\";0;1.25;0", LIMIT),
        read_tvb_zip(include_bytes!("data/three_tvb.zip"), LIMIT),
        read_npz(include_bytes!("data/three.npz"), LIMIT),
        read_npz(include_bytes!("data/three_fortran.npz"), LIMIT),
    ];
    for (k, connectome) in read.into_iter().enumerate() {
        let connectome = connectome.unwrap_or_else(|e| panic!("{k}: {e}"));
        assert_eq!((names(&connectome), connectome.weights()), (LABELS.to_vec(), &WEIGHTS[..]), "{k}");
        assert_eq!(connectome.lengths(), [3, 4].contains(&k).then_some(&LENGTHS[..]), "{k}");
    }
    let bare = read_text("0  2 0.5\n3 0 1\n\n0 1.25 0\n", LIMIT).expect("valid");
    assert_eq!((names(&bare), bare.weights()), (vec!["region_1", "region_2", "region_3"], &WEIGHTS[..]));
    let whole = read_npz(include_bytes!("data/three_whole.npz"), LIMIT).expect("valid");
    assert_eq!(whole.weights(), [0.0, 2.0, 5.0, 3.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    assert!((bare.asymmetry() - 1.0 / 3.0).abs() < 1e-15);
}

#[test]
fn rejects_text_with_every_problem_at_its_place() {
    let text = "region,a,b,a\na,0,1,x\nc,-1,0\na,nan,2,0\n";
    let words = words(read_text(text, LIMIT));
    for expected in ["row 2, column 4: `x` is no number", "row 3, column 1: row `c` stands where column `b` does"] {
        assert!(words.contains(expected), "{words}");
    }
    assert!(words.contains("row 3: 2 numbers, the first line has 3"), "{words}");
    let numbers = [0.0, 1.0, f64::NAN, -1.0, 0.0, 2.0, 1.0, f64::INFINITY, 0.0];
    let labels = ["a", "", "a"].map(str::to_owned).to_vec();
    let words = Connectome::new(labels, numbers.to_vec(), None).expect_err("refused").to_string();
    for expected in [
        "row 1, column 3: NaN",
        "row 2, column 1: -1",
        "row 3, column 2: inf",
        "row 2: no label",
        "row 3: label `a` again (first in row 1)",
    ] {
        assert!(words.contains(expected), "{words}");
    }
    assert_eq!(words.lines().count(), 5);
}

#[test]
fn rejects_matrices_of_no_use() {
    for (text, expected) in [
        ("", "no line with content"),
        ("a b c\n", "names but no numbers"),
        ("0 1\n1 0\n0 0\n", "give as many lines as columns"),
        ("0 1 1\n1 0 1\n", "give as many lines as columns"),
        ("0 0\n0 0\n", "no two regions are connected"),
        ("0\n", "give at least two"),
        ("0,1\n1,0,5\n", "row 2: 3 numbers"),
    ] {
        let words = words(read_text(text, LIMIT));
        assert!(words.contains(expected), "{text:?}: {words}");
    }
    let words = Connectome::new(vec!["a".into(), "b".into()], vec![0.0; 3], None).expect_err("refused").to_string();
    assert!(words.contains("3 weights for 2 regions"), "{words}");
}

#[test]
fn rejects_what_is_too_large_before_work() {
    let line = "1 ".repeat(100_000);
    let words = words(read_text(&line, LIMIT));
    assert!(words.contains("100000 regions need 200102400000 bytes, the limit is 1048576"), "{words}");
    let words = read_npz(include_bytes!("data/three.npz"), 100).expect_err("refused").to_string();
    assert!(words.contains("the limit is 100"), "{words}");
    let words = read_tvb_zip(include_bytes!("data/three_tvb.zip"), 100).expect_err("refused").to_string();
    assert!(words.contains("the limit is 100"), "{words}");
}

#[test]
fn rejects_damaged_archives_at_every_byte() {
    // Whatever byte is turned over or wherever the file ends, it is read or refused, and never anything else.
    type Reader = fn(&[u8], u64) -> Result<Connectome, ConnectomeError>;
    let cases: [(&[u8], Reader); 3] = [
        (include_bytes!("data/three_tvb.zip"), read_tvb_zip),
        (include_bytes!("data/three.npz"), read_npz),
        (include_bytes!("data/three_fortran.npz"), read_npz),
    ];
    for (bytes, read) in cases {
        let mut refused = 0;
        for k in 0..bytes.len() {
            refused += usize::from(read(&bytes[..k], LIMIT).is_err());
            let mut turned = bytes.to_vec();
            for mask in [0xFF, 0x01, 0x80] {
                turned[k] = bytes[k] ^ mask;
                refused += usize::from(read(&turned, LIMIT).is_err());
            }
        }
        assert!(refused > bytes.len(), "{refused} of {}", 4 * bytes.len());
    }
    assert!(words(read_npz(b"PK", LIMIT)).contains("no whole zip archive"));
    assert!(words(read_tvb_zip(include_bytes!("data/three.npz"), LIMIT)).contains("no weights.txt"));
    assert!(words(read_npz(include_bytes!("data/three_tvb.zip"), LIMIT)).contains("no array called weights"));
}

#[test]
fn agrees_with_the_coupling_by_hand() {
    let connectome = read_text("0 3 1\n3 7 0\n1 0 0\n", LIMIT).expect("valid");
    let none = |_: usize, _: usize| 0.0;
    let coupling = connectome.coupling(Transform::Power(0.5), &none, Scale::Max);
    let root = 1.0 / 3.0_f64.sqrt();
    for (k, expected) in [0.0, 1.0, root, 1.0, 0.0, 0.0, root, 0.0, 0.0].into_iter().enumerate() {
        assert!((coupling.weight(k / 3, k % 3) - expected).abs() < 1e-14, "{k}");
    }
    let coupling = connectome.coupling(Transform::Log, &none, Scale::MeanRowSum);
    let rows: f64 = (0..3).map(|n| coupling.row(n).iter().sum::<f64>()).sum();
    assert!((rows / 3.0 - 1.0).abs() < 1e-14);
    assert!((coupling.weight(0, 1) / coupling.weight(0, 2) - 2.0).abs() < 1e-14, "ln 4 is twice ln 2");
    // One mean strength more between the last two: (3 + 3 + 1 + 1) / 6.
    let extra = |i: usize, j: usize| if i + j == 3 { 1.0 } else { 0.0 };
    let coupling = connectome.coupling(Transform::Power(1.0), &extra, Scale::Max);
    assert!((coupling.weight(1, 2) - 8.0 / 18.0).abs() < 1e-14 && coupling.weight(1, 1) == 0.0);
}

#[test]
fn agrees_on_homologues_by_name() {
    let labels = |names: &[&str]| names.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    assert_eq!(homologues(&labels(&["L_a", "L_b", "R_b", "R_a", "stem"])), [(0, 3), (1, 2)]);
    assert_eq!(homologues(&labels(&["ctx-lh-x", "ctx-rh-x", "ctx-lh-y"])), [(0, 1)]);
    assert_eq!(homologues(&labels(&["rA1", "lA1", "lV2", "rV2"])), [(1, 0), (2, 3)]);
    assert_eq!(homologues(&labels(&["a", "b"])), []);
}
