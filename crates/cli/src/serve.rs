//! The explorer: a page on this machine, and the server behind it.
//!
//! The server listens on the loopback interface alone and answers its own page alone ([`gate`]). It computes, the page
//! draws. Nothing a client sends names a file, and no request leaves the machine.

mod api;
mod ask;
pub mod asset;
pub mod card;
mod catalogue;
mod course;
mod data;
mod gate;
mod job;
mod lane;
mod observed;
mod problem;
mod report;
pub mod schema;
pub mod story;
mod why;

pub use api::openapi;

use crate::arguments::{Global, Mode, Serve};
use crate::command::evidence::Dependants;
use crate::failure::Failure;
use crate::files::Folder;
use card::Made;
use data::Data;
use gate::Names;
use job::Jobs;
use model::source::Sources;
use observed::Curves;
use problem::Wrong;
use resynapse::atlas::{Atlas, Embedded};
use resynapse::prepare::Compiled;
use schema::Catalogue;
use std::net::Ipv4Addr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use story::Told;
use study::target::Targets;
use study::trial::build::Resources;
use tokio::net::TcpListener;

/// Addresses of the page's screens.
pub const SCREENS: [&str; 11] = [
    "/",
    "/ladder",
    "/break",
    "/brain",
    "/trial",
    "/lab",
    "/evidence",
    "/card",
    "/stories",
    "/stories/{name}",
    "/runs",
];

/// How long work may take to end once the server is told to.
const GRACE: Duration = Duration::from_millis(1500);

/// What all requests share.
pub struct Shared {
    /// The model.
    pub atlas: Atlas,
    /// Its files.
    pub sources: Box<dyn Sources + Send + Sync>,
    /// What was compiled before.
    pub compiled: Compiled,
    /// What can be chosen from.
    pub catalogue: Catalogue,
    /// What was measured.
    pub curves: Curves,
    /// What trials printed.
    pub targets: Targets,
    /// What trials can draw on.
    pub resources: Resources,
    /// The popular account.
    pub stories: Vec<Told>,
    /// The recorded validation.
    pub made: Made,
    /// Long work.
    pub jobs: Jobs,
    /// Threads for work on many people.
    pub threads: usize,
    dependants: OnceLock<Dependants>,
}

impl Shared {
    /// Reads everything beside the science that the page needs; everything wrong is said at once.
    pub fn new(atlas: Atlas, sources: Box<dyn Sources + Send + Sync>, threads: usize) -> Result<Shared, Failure> {
        let input = |(found, map)| Failure::Input(found, Box::new(map));
        let data = Data::load(&atlas, &*sources).map_err(input)?;
        let targets = Targets::load(&atlas, &*sources).map_err(input)?;
        let resources = Resources::load(&*sources).map_err(input)?;
        let stories = story::load(&atlas, &*sources).map_err(input)?;
        Ok(Shared {
            catalogue: catalogue::catalogue(&atlas, &data),
            curves: Curves::new(&atlas, &data, &targets),
            compiled: Compiled::default(),
            made: Made::recorded(),
            jobs: Jobs::default(),
            dependants: OnceLock::new(),
            atlas,
            sources,
            targets,
            resources,
            stories,
            threads,
        })
    }

    /// What rests on each number, worked out once.
    fn dependants(&self) -> Result<&Dependants, Wrong> {
        if let Some(found) = self.dependants.get() {
            return Ok(found);
        }
        let made = Dependants::new(&self.atlas)?;
        Ok(self.dependants.get_or_init(|| made))
    }
}

/// Tells time where an answer says how long it took.
pub struct Clock;

impl Clock {
    /// This moment.
    pub fn now(&self) -> Instant {
        Instant::now()
    }
    /// Since a moment, ms.
    pub fn ms_since(&self, then: Instant) -> f64 {
        (then.elapsed().as_secs_f64() * 1e5).round() / 1e2
    }
}

/// Serves until it is told to stop.
pub fn run(global: &Global, a: &Serve, atlas: Atlas) -> Result<(), Failure> {
    let sources: Box<dyn Sources + Send + Sync> = match &global.atlas {
        Some(folder) => Box::new(Folder(folder.clone())),
        None => Box::new(Embedded),
    };
    let shared = Arc::new(Shared::new(atlas, sources, global.many_threads())?);
    let cannot = |what: &str, e: std::io::Error| Failure::File(format!("cannot {what}: {e}"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| cannot("start the server", e))?;
    let worker = {
        let shared = shared.clone();
        std::thread::spawn(move || shared.jobs.work(&shared))
    };
    let served = runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, a.port))
            .await
            .map_err(|e| cannot(&format!("listen on port {} of this machine", a.port), e))?;
        let port = listener.local_addr().map_err(|e| cannot("listen", e))?.port();
        announce(global, a, port);
        let router = api::router(shared.clone(), Names::of(port));
        let (stop, mut stopped) = tokio::sync::watch::channel(false);
        let ending = shared.clone();
        let server = axum::serve(listener, router).with_graceful_shutdown(async move {
            told_to_stop().await;
            // Streams of news end when their jobs do.
            ending.jobs.end();
            let _ = stop.send(true);
        });
        let late = async {
            let _ = stopped.wait_for(|s| *s).await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            served = server => served.map_err(|e| cannot("serve", e)),
            () = late => Ok(()),
        }
    });
    shared.jobs.end();
    // Work looks up now and then; what does not in time ends with the process.
    runtime.shutdown_timeout(Duration::from_millis(100));
    let patience = Instant::now() + Duration::from_millis(200);
    while !worker.is_finished() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(10));
    }
    if !global.quiet && served.is_ok() {
        anstream::eprintln!("stopped");
    }
    served
}

/// Says where the page is, and opens it if asked.
fn announce(global: &Global, a: &Serve, port: u16) {
    let door = match a.mode {
        None => "",
        Some(Mode::Curious) => "?door=curious",
        Some(Mode::Educator) => "?door=teaching",
        Some(Mode::Modeller) => "?door=modelling",
    };
    let address = format!("http://127.0.0.1:{port}/{door}");
    if global.json {
        anstream::println!("{}", serde_json::json!({ "address": address, "port": port }));
    } else {
        anstream::println!("{address}");
    }
    if !global.quiet {
        anstream::eprintln!("open this address in a browser on this machine; Ctrl-C stops it");
    }
    if a.open && !open(&address) {
        anstream::eprintln!("no browser could be started; open the address yourself");
    }
}

/// Opens an address with what the system offers for it.
fn open(address: &str) -> bool {
    const OPENERS: [&str; 4] = ["xdg-open", "open", "wslview", "sensible-browser"];
    let quiet = std::process::Stdio::null;
    OPENERS.iter().any(|opener| {
        let mut child = std::process::Command::new(opener);
        child.arg(address).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn().is_ok()
    })
}

/// Ends when the process is asked to stop.
async fn told_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}

/// The plan of a request; the error in words.
pub fn plan(atlas: &Atlas, asked: &schema::Ask) -> Result<resynapse::run::Plan, String> {
    let told = |wrong: Wrong| wrong.problems().into_iter().map(|p| p.message).collect::<Vec<_>>().join("; ");
    ask::read(atlas, asked).map(|read| read.plan).map_err(told)
}
