//! Long work: one thing at a time, a few that wait, each with its progress, each can be stopped.

mod influence;
mod probe;
mod trial;
mod validate;

use super::Shared;
use super::problem::Wrong;
use super::schema::{Job, JobAsk, JobKind, JobResult, JobState};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use tokio::sync::watch;

/// Jobs that may wait while one is done; a further one is refused.
const MOST_WAITING: usize = 4;
/// Finished jobs whose results are kept.
const MOST_KEPT: usize = 16;

/// A job made ready: what can be said of it before it is done, and the work.
pub struct Planned {
    kind: JobKind,
    title: String,
    command: String,
    protocol: Option<String>,
    work: Work,
}

type Work = Box<dyn FnOnce(&Shared, &Progress) -> Result<JobResult, Wrong> + Send>;

/// Checks a request and makes it ready; everything wrong is said before anything is begun.
pub fn plan(shared: &Shared, asked: JobAsk) -> Result<Planned, Wrong> {
    match asked {
        JobAsk::Trial(a) => trial::plan(shared, &a.trial),
        JobAsk::Probe(a) => probe::plan(shared, a),
        JobAsk::Influence(a) => influence::plan(shared, a),
        JobAsk::Validate(a) => validate::plan(&a),
    }
}

/// How far work is, told to whoever watches; and whether it should stop.
pub struct Progress {
    stop: Arc<AtomicBool>,
    told: watch::Sender<Job>,
}

impl Progress {
    /// Says how far it is; breaks where it should stop.
    pub fn tell(&self, share: f64, message: &str) -> ControlFlow<()> {
        self.told.send_if_modified(|job| {
            let share = share.clamp(0.0, 1.0).max(job.progress);
            // A hundred steps are enough for a bar.
            let moved = share - job.progress >= 0.01 || job.message != message;
            if moved {
                job.progress = share;
                job.message = message.to_string();
            }
            moved
        });
        self.go_on()
    }

    /// Breaks where the work should stop.
    pub fn go_on(&self) -> ControlFlow<()> {
        if self.stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// A job that is known.
struct Entry {
    told: watch::Sender<Job>,
    stop: Arc<AtomicBool>,
    work: Option<Work>,
    result: Option<JobResult>,
}

/// All jobs, by number.
#[derive(Default)]
struct Table {
    next: u64,
    entries: BTreeMap<u64, Entry>,
    ended: bool,
}

/// The jobs of a server.
#[derive(Default)]
pub struct Jobs {
    table: Mutex<Table>,
    changed: Condvar,
}

impl Jobs {
    fn table(&self) -> MutexGuard<'_, Table> {
        // The table is whole whenever the lock is free.
        self.table.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether there is room for one more.
    pub fn room(&self) -> Result<(), Wrong> {
        let table = self.table();
        let waiting = table.entries.values().filter(|e| e.told.borrow().state == JobState::Queued).count();
        if waiting >= MOST_WAITING || table.ended {
            return Err(Wrong::Busy(format!("{MOST_WAITING} jobs are waiting already")));
        }
        Ok(())
    }

    /// Takes a job in.
    pub fn add(&self, planned: Planned) -> Result<Job, Wrong> {
        self.room()?;
        let mut table = self.table();
        let number = table.next;
        table.next += 1;
        let job = Job {
            id: number.to_string(),
            kind: planned.kind,
            title: planned.title,
            command: planned.command,
            state: JobState::Queued,
            progress: 0.0,
            message: "waiting".into(),
            protocol: planned.protocol,
            result: None,
        };
        let entry =
            Entry { told: watch::channel(job.clone()).0, stop: Arc::default(), work: Some(planned.work), result: None };
        table.entries.insert(number, entry);
        let finished: Vec<u64> =
            table.entries.iter().filter(|(_, e)| ended(e.told.borrow().state)).map(|(id, _)| *id).collect();
        for id in finished.iter().rev().skip(MOST_KEPT) {
            table.entries.remove(id);
        }
        drop(table);
        self.changed.notify_all();
        Ok(job)
    }

    /// All jobs, the latest first, without results.
    pub fn list(&self) -> Vec<Job> {
        self.table().entries.values().rev().map(|e| e.told.borrow().clone()).collect()
    }

    /// One job with its result.
    pub fn get(&self, id: &str) -> Result<Job, Wrong> {
        let table = self.table();
        let entry = find(&table, id)?;
        Ok(Job { result: entry.result.clone(), ..entry.told.borrow().clone() })
    }

    /// Its news as they come.
    pub fn watch(&self, id: &str) -> Result<watch::Receiver<Job>, Wrong> {
        let table = self.table();
        Ok(find(&table, id)?.told.subscribe())
    }

    /// Stops a job: one that waits at once, one that runs as soon as it looks up.
    pub fn cancel(&self, id: &str) -> Result<Job, Wrong> {
        let mut table = self.table();
        let number = find(&table, id).map(|_| id.parse().unwrap_or(u64::MAX))?;
        if let Some(entry) = table.entries.get_mut(&number) {
            stop(entry);
        }
        drop(table);
        self.get(id)
    }

    /// Stops all of them and takes no more.
    pub fn end(&self) {
        let mut table = self.table();
        table.ended = true;
        table.entries.values_mut().for_each(stop);
        drop(table);
        self.changed.notify_all();
    }

    /// Does one job after another until [`Jobs::end`].
    pub fn work(&self, shared: &Shared) {
        while let Some((id, work, progress)) = self.take() {
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(shared, &progress)));
            let stopped = progress.go_on().is_break();
            let (state, message, result) = match outcome {
                _ if stopped => (JobState::Cancelled, "stopped".to_string(), None),
                Ok(Ok(result)) => (JobState::Done, "done".to_string(), Some(result)),
                Ok(Err(wrong)) => {
                    let told: Vec<String> = wrong.problems().into_iter().map(|p| p.message).collect();
                    (JobState::Failed, told.join("; "), None)
                }
                Err(_) => (JobState::Failed, "the program failed; please report it".to_string(), None),
            };
            let mut table = self.table();
            if let Some(entry) = table.entries.get_mut(&id) {
                entry.result = result;
                entry.told.send_modify(|job| {
                    job.progress = if state == JobState::Done { 1.0 } else { job.progress };
                    job.state = state;
                    job.message = message;
                });
            }
        }
    }

    /// The next job that waits; `None` at the end.
    fn take(&self) -> Option<(u64, Work, Progress)> {
        let mut table = self.table();
        loop {
            if table.ended {
                return None;
            }
            let next = table.entries.iter_mut().find(|(_, e)| e.work.is_some());
            if let Some((id, entry)) = next {
                let work = entry.work.take()?;
                entry.told.send_modify(|job| {
                    job.state = JobState::Running;
                    job.message = "begun".into();
                });
                return Some((*id, work, Progress { stop: entry.stop.clone(), told: entry.told.clone() }));
            }
            table = self.changed.wait(table).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }
}

fn stop(entry: &mut Entry) {
    entry.stop.store(true, Ordering::Relaxed);
    if entry.work.take().is_some() {
        entry.told.send_modify(|job| {
            job.state = JobState::Cancelled;
            job.message = "stopped before it began".into();
        });
    }
}

fn find<'a>(table: &'a Table, id: &str) -> Result<&'a Entry, Wrong> {
    // One name for one job: `007` is not job 7.
    let number = id.parse::<u64>().ok().filter(|n| n.to_string() == id);
    let found = number.and_then(|n| table.entries.get(&n));
    found.ok_or_else(|| Wrong::Missing("there is no such job, or no longer".into()))
}

/// Whether nothing more will happen.
pub fn ended(state: JobState) -> bool {
    matches!(state, JobState::Done | JobState::Failed | JobState::Cancelled)
}
