//! Runs a dose sentence and prints signals at some times.
fn main() {
    let t0 = std::time::Instant::now();
    let atlas = resynapse::atlas::Atlas::embedded();
    let mut map = model::source::SourceMap::default();
    let text = std::env::args().nth(1).unwrap_or("ketamine 0.5 mg/kg iv over 40 min".into());
    let regimen = match resynapse::regimen::sentence(&atlas, &mut map, &text) {
        Ok(r) => r,
        Err(e) => {
            print!("{}", model::diagnostic::render(&e, &map));
            return;
        }
    };
    println!("loaded {:?}", t0.elapsed());
    let r = match resynapse::run::run(&atlas, &resynapse::run::Plan::new("x", regimen)) {
        Ok(r) => r,
        Err(resynapse::run::Refusal::Input(d)) => {
            print!("{}", model::diagnostic::render(&d, &atlas.library.sources));
            return;
        }
        Err(e) => {
            println!("{e:?}");
            return;
        }
    };
    println!("ran {:?} steps {}", t0.elapsed(), r.treated().steps);
    for (k, t) in r.traces().iter().enumerate() {
        let (h, p) = r.treated().peak(k);
        let g = &r.provenance().grades[k];
        print!(
            "{:40} rest {:10.4} peak {:10.4} at {:7.2} h  {:?} ",
            t.label,
            r.treated().values[k][0],
            p,
            h,
            g.weakest
        );
        println!("{}", [4.0, 24.0, 48.0, 168.0, 336.0].map(|x| format!("{:9.3}", r.difference(k, x))).join(" "));
    }
    let k = r.trace("madrs.total").unwrap();
    for h in [0.67, 1.0, 2.0, 4.0, 6.0, 12.0, 24.0, 48.0, 72.0, 168.0, 336.0, 672.0] {
        println!("{h:6.1} h diff {:8.3} drug {:8.3}", r.difference(k, h), r.drug_part(k, h));
    }
    let out = resynapse::run::knockout(&atlas, r.plan(), "madrs.total", &[4.0, 24.0, 168.0]);
    match out {
        Ok(t) => {
            println!("{:?}", t.intact);
            for l in t.links {
                println!("{:24} {:?}", l.name, l.left);
            }
        }
        Err(e) => println!("{e:?}"),
    }
    println!("all {:?}", t0.elapsed());
}
