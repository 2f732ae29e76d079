//! scratch
use sim::*;
fn main(){
 let mut g=Graph::new();
 let x=g.symbol(Symbol::State(0)); let t=g.symbol(Symbol::Time);
 let w=g.constant(3.0); let k=g.constant(50.0);
 let wt=g.mul(w,t); let c=g.cos(wt); let d=g.sub(c,x); let r=g.mul(k,d);
 let s=System{outputs:vec![x],rates:vec![r],graph:g,states:vec![StateSpec{name:"x".into(),scale:1.0}],parameters:0,actions:vec![]};
 let p=Program::compile(&s);
 let rp=reference::Program::compile(&s);
 let f=|t:f64|{let (k,w)=(50.0f64,3.0f64); let st=|t:f64| k*(k*(w*t).cos()+w*(w*t).sin())/(k*k+w*w); st(t)-st(0.0)*(-k*t).exp()};
 for rtol in [1e-3,1e-4,1e-5,1e-6,1e-7,1e-8]{
  let o=Options{rtol,..Options::default()};
  let times:Vec<f64>=(1..=2000).map(|i| 0.0005*i as f64).collect();
  let mut job=Job{end:1.0,states:vec![0.0],reset:vec![0.0],schedule:times.iter().map(|&time|Entry{time,what:What::Sample}).collect(),..Job::default()};
  let mut worst=(0.0,0.0); let mut n=0;
  run(&p,std::iter::once(job.clone()),&o,&mut|_|{},&mut|out|{n=out.statistics.steps;for (a,t) in out.samples.iter().zip(&times){let e=(a-f(*t)).abs(); if e>worst.0{worst=(e,*t)}}});
  let mut end=0.0f64;
  job.schedule.clear();
  for e in [0.02,0.05,0.11,0.2,0.5]{ job.end=e; run(&p,std::iter::once(job.clone()),&o,&mut|_|{},&mut|out|{end=end.max((out.states[0]-f(e)).abs());});}
  let mut re=0.0f64;
  for e in [0.02,0.05,0.11,0.2,0.5]{ job.end=e; reference::run(&rp,std::iter::once(job.clone()),&o,&mut|_|{},&mut|out|{re=re.max((out.states[0]-f(e)).abs());});}
  println!("{rtol:e}: dense {:e} at {} ; ends {end:e}; steps {n}; ref {re:e}",worst.0,worst.1);
 }
}
