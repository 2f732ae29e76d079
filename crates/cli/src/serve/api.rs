//! What can be asked of the server, each under its path.

use super::course;
use super::gate::{Names, REPORT, gate};
use super::job::{self, ended};
use super::problem::Wrong;
use super::schema::{
    Ask, Card, Catalogue, Choice, Errors, Job, JobAsk, JobNews, Ledger, NumberCard, People, PeopleAsk, Run, Story,
    StoryHead, Why,
};
use super::{Clock, Shared, asset, card, report, story, why};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest body of a request, bytes.
const MOST_BYTES: usize = 64 * 1024;
/// Requests that compute at once, and that wait for one of them.
const AT_ONCE: usize = 4;
const WAITING: usize = 24;
/// Between signs of life on a stream of news, s.
const ALIVE_S: u64 = 10;

/// What handlers share.
#[derive(Clone)]
pub struct Server {
    /// The model and what was kept of it.
    pub shared: Arc<Shared>,
    /// Room for requests that compute.
    room: Arc<Semaphore>,
    /// Room for those that wait.
    queue: Arc<Semaphore>,
}

/// The description of the interface.
#[derive(OpenApi)]
#[openapi(info(
    title = "resynapse explorer",
    description = "The local server of the explorer: runs of the model, evidence, stories, and long work. A model, not medical advice."
))]
struct Described;

fn described() -> OpenApiRouter<Server> {
    OpenApiRouter::with_openapi(Described::openapi())
        .routes(routes!(read_catalogue))
        .routes(routes!(make_run))
        .routes(routes!(make_people))
        .routes(routes!(read_why))
        .routes(routes!(read_ledger))
        .routes(routes!(read_number))
        .routes(routes!(read_stories))
        .routes(routes!(read_story))
        .routes(routes!(read_card))
        .routes(routes!(make_report))
        .routes(routes!(read_jobs, make_job))
        .routes(routes!(read_job, cancel_job))
        .routes(routes!(watch_job))
}

/// The description as JSON.
pub fn openapi() -> String {
    let (_, api) = described().split_for_parts();
    let mut text = api.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Everything the server answers.
pub fn router(shared: Arc<Shared>, names: Names) -> Router {
    let server =
        Server { shared, room: Arc::new(Semaphore::new(AT_ONCE)), queue: Arc::new(Semaphore::new(AT_ONCE + WAITING)) };
    let (api, description) = described().split_for_parts();
    let description = Arc::<str>::from(description.to_pretty_json().unwrap_or_default());
    let read_description = move || {
        let text = description.to_string();
        async move { ([(header::CONTENT_TYPE, "application/json")], text) }
    };
    let mut router = api
        .route("/api/openapi.json", get(read_description))
        .route("/report", get(read_report))
        .route("/{file}", get(asset::file));
    // Each screen has its own address and the same page.
    for screen in super::SCREENS {
        router = router.route(screen, get(asset::page));
    }
    router
        .fallback(|| async { Wrong::Missing("there is nothing under this address".into()) })
        .method_not_allowed_fallback(|| async {
            Wrong::Form(StatusCode::METHOD_NOT_ALLOWED, "this address is not asked in this way".into())
        })
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(names, gate))
        .with_state(server)
}

impl Server {
    /// Does work that computes, off the threads that listen. Where too many wait already, more are refused.
    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, Wrong> + Send + 'static,
    ) -> Result<T, Wrong> {
        let busy = || Wrong::Busy(format!("more than {WAITING} requests are waiting"));
        let waiting = self.queue.clone().try_acquire_owned().map_err(|_| busy())?;
        let running = self.room.clone().acquire_owned().await.map_err(|_| busy())?;
        let shared = self.shared.clone();
        let done = tokio::task::spawn_blocking(move || {
            let result = work(&shared);
            drop((waiting, running));
            result
        });
        done.await.unwrap_or_else(|e| Err(Wrong::Numerics(format!("the program failed: {e}"))))
    }
}

/// A body in JSON; what is wrong with it is answered in JSON as well.
struct Body<T>(T);

impl<T: DeserializeOwned> FromRequest<Server> for Body<T> {
    type Rejection = Wrong;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Wrong> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        // A page of another site can send forms and plain text unasked, JSON not.
        if kind.split(';').next().is_none_or(|k| k.trim() != "application/json") {
            let why = "the body must be JSON, with `content-type: application/json`";
            return Err(Wrong::Form(StatusCode::UNSUPPORTED_MEDIA_TYPE, why.into()));
        }
        let bytes = Bytes::from_request(request, server).await.map_err(|e| {
            let status = e.status();
            Wrong::Form(status, e.body_text())
        })?;
        serde_json::from_slice(&bytes).map(Body).map_err(|e| Wrong::Form(StatusCode::BAD_REQUEST, e.to_string()))
    }
}

impl Choice {
    fn ask(self, shared: &Shared) -> Ask {
        let what = self.what.unwrap_or_else(|| shared.catalogue.start.what.clone());
        Ask { what, condition: self.condition, hypothesis: self.hypothesis, ..Ask::default() }
    }
}

/// A query that cannot be read is answered in JSON.
fn choice(query: Result<Query<Choice>, axum::extract::rejection::QueryRejection>) -> Result<Choice, Wrong> {
    query.map(|q| q.0).map_err(|e| Wrong::Form(StatusCode::BAD_REQUEST, e.body_text()))
}

type Asked = Result<Query<Choice>, axum::extract::rejection::QueryRejection>;

/// Everything that can be chosen from.
#[utoipa::path(get, path = "/api/atlas", responses((status = 200, body = Catalogue)))]
async fn read_catalogue(State(server): State<Server>) -> Json<Catalogue> {
    Json(server.shared.catalogue.clone())
}

/// Runs one person from blood to mood.
#[utoipa::path(post, path = "/api/run", request_body = Ask, responses(
    (status = 200, body = Run), (status = 400, body = Errors), (status = 413, body = Errors),
    (status = 415, body = Errors), (status = 422, body = Errors), (status = 429, body = Errors)))]
async fn make_run(State(server): State<Server>, Body(ask): Body<Ask>) -> Result<Json<Run>, Wrong> {
    server.compute(move |shared| course::run(shared, &ask, &Clock)).await.map(Json)
}

/// Runs a group of virtual people.
#[utoipa::path(post, path = "/api/people", request_body = PeopleAsk, responses(
    (status = 200, body = People), (status = 400, body = Errors), (status = 413, body = Errors),
    (status = 415, body = Errors), (status = 422, body = Errors), (status = 429, body = Errors)))]
async fn make_people(State(server): State<Server>, Body(ask): Body<PeopleAsk>) -> Result<Json<People>, Wrong> {
    server.compute(move |shared| course::people(shared, &ask, &Clock)).await.map(Json)
}

/// Why a signal moves as it does.
#[utoipa::path(get, path = "/api/signals/{port}/why", params(("port" = String, Path, max_length = 200), Choice),
    responses((status = 200, body = Why), (status = 400, body = Errors), (status = 404, body = Errors),
    (status = 422, body = Errors), (status = 429, body = Errors)))]
async fn read_why(State(server): State<Server>, Path(port): Path<String>, query: Asked) -> Result<Json<Why>, Wrong> {
    let choice = choice(query)?;
    server.compute(move |shared| why::why(shared, &port, &choice.ask(shared))).await.map(Json)
}

/// The whole ledger.
#[utoipa::path(get, path = "/api/evidence", responses((status = 200, body = Ledger)))]
async fn read_ledger(State(server): State<Server>) -> Json<Ledger> {
    Json(why::ledger(&server.shared.atlas))
}

/// One number with what rests on it.
#[utoipa::path(get, path = "/api/evidence/{id}", params(("id" = String, Path, max_length = 200)),
    responses((status = 200, body = NumberCard), (status = 400, body = Errors), (status = 404, body = Errors),
    (status = 429, body = Errors)))]
async fn read_number(State(server): State<Server>, Path(id): Path<String>) -> Result<Json<NumberCard>, Wrong> {
    server.compute(move |shared| why::card(shared, &id)).await.map(Json)
}

/// All stories in a list.
#[utoipa::path(get, path = "/api/stories", responses((status = 200, body = Vec<StoryHead>)))]
async fn read_stories(State(server): State<Server>) -> Json<Vec<StoryHead>> {
    Json(story::heads(&server.shared.stories))
}

/// One story.
#[utoipa::path(get, path = "/api/stories/{name}", params(("name" = String, Path, max_length = 200)),
    responses((status = 200, body = Story), (status = 400, body = Errors), (status = 404, body = Errors)))]
async fn read_story(State(server): State<Server>, Path(name): Path<String>) -> Result<Json<Story>, Wrong> {
    story::find(&server.shared.stories, &name).cloned().map(Json)
}

/// How the model did against what trials printed.
#[utoipa::path(get, path = "/api/card", responses((status = 200, body = Card)))]
async fn read_card(State(server): State<Server>) -> Json<Card> {
    let shared = &server.shared;
    Json(card::card(&shared.atlas, &shared.made))
}

/// The report of a run as a page that needs no script.
#[utoipa::path(post, path = "/api/report", request_body = Ask, responses(
    (status = 200, content_type = "text/html", body = String), (status = 400, body = Errors),
    (status = 413, body = Errors), (status = 415, body = Errors), (status = 422, body = Errors),
    (status = 429, body = Errors)))]
async fn make_report(State(server): State<Server>, Body(ask): Body<Ask>) -> Result<Response, Wrong> {
    server.compute(move |shared| report::page(shared, &ask)).await.map(readable)
}

/// The same under an address, for a browser without scripts.
async fn read_report(State(server): State<Server>, query: Asked) -> Result<Response, Wrong> {
    let choice = choice(query)?;
    server.compute(move |shared| report::page(shared, &choice.ask(shared))).await.map(readable)
}

fn readable(page: String) -> Response {
    let mut response = Html(page).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(REPORT));
    response
}

/// All jobs, the latest first, without results.
#[utoipa::path(get, path = "/api/jobs", responses((status = 200, body = Vec<Job>)))]
async fn read_jobs(State(server): State<Server>) -> Json<Vec<Job>> {
    Json(server.shared.jobs.list())
}

/// Starts long work.
#[utoipa::path(post, path = "/api/jobs", request_body = JobAsk, responses(
    (status = 202, body = Job), (status = 400, body = Errors), (status = 413, body = Errors),
    (status = 415, body = Errors), (status = 422, body = Errors), (status = 429, body = Errors)))]
async fn make_job(State(server): State<Server>, Body(ask): Body<JobAsk>) -> Result<(StatusCode, Json<Job>), Wrong> {
    // Where there is no room, nothing is read at length.
    server.shared.jobs.room()?;
    let job = server.compute(move |shared| shared.jobs.add(job::plan(shared, ask)?)).await?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}

/// One job with its result.
#[utoipa::path(get, path = "/api/jobs/{id}", params(("id" = String, Path, max_length = 40)),
    responses((status = 200, body = Job), (status = 400, body = Errors), (status = 404, body = Errors)))]
async fn read_job(State(server): State<Server>, Path(id): Path<String>) -> Result<Json<Job>, Wrong> {
    server.shared.jobs.get(&id).map(Json)
}

/// Stops a job.
#[utoipa::path(delete, path = "/api/jobs/{id}", params(("id" = String, Path, max_length = 40)),
    responses((status = 200, body = Job), (status = 400, body = Errors), (status = 404, body = Errors)))]
async fn cancel_job(State(server): State<Server>, Path(id): Path<String>) -> Result<Json<Job>, Wrong> {
    server.shared.jobs.cancel(&id).map(Json)
}

/// News of a job as they come: events `job` with the job as data, the last one when it has ended.
#[utoipa::path(get, path = "/api/jobs/{id}/events", params(("id" = String, Path, max_length = 40)),
    responses((status = 200, content_type = "text/event-stream", body = JobNews), (status = 400, body = Errors),
    (status = 404, body = Errors)))]
async fn watch_job(
    State(server): State<Server>,
    Path(id): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Wrong> {
    let mut news = server.shared.jobs.watch(&id)?;
    let (tell, told) = tokio::sync::mpsc::channel(1);
    // Ends with the job, or when nobody listens any more.
    tokio::spawn(async move {
        loop {
            let job = news.borrow_and_update().clone();
            let last = ended(job.state);
            if tell.send(job).await.is_err() || last || news.changed().await.is_err() {
                break;
            }
        }
    });
    let news = ReceiverStream::new(told);
    let events = news.map(|job| Ok(Event::default().event("job").json_data(&job).unwrap_or_default()));
    let alive = axum::response::sse::KeepAlive::new().interval(Duration::from_secs(ALIVE_S));
    Ok(Sse::new(events).keep_alive(alive))
}
