//! The composition: one `let` per service, no roles, no options.

use std::{future::Future, io, net::SocketAddr, path::PathBuf, time::Duration};

use boot::{App, Hangups};
use bus::{Bus, InvalidUrl};
use database::{Database, OpenError};
use gateway::{BindError, BuildError, plan::Plan};
use migration::Schema;
use principal::Verifier;
use secrecy::ExposeSecret as _;
use service::Parts;
use tokio::runtime::Handle;
use upstream::{InvalidTarget, Upstream};
use users::demo;

use crate::{
    config::{Config, DemoData},
    data::{DataDirectory, DataError},
    port,
    report::{Report, Summary},
};

/// The name by which services know the gateway.
const GATEWAY: &str = "gateway";

/// How long the services' background work may take to end after the last request.
const TASKS_GRACE: Duration = Duration::from_secs(5);

/// Why the system cannot start: each a sentence for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The gateway's files.
    #[error("the configuration is wrong:\n{0}")]
    Plan(#[from] gateway::plan::Mistakes),
    /// A database does not open.
    #[error("the database {path} cannot be opened: {source}")]
    Database {
        /// Its file.
        path: String,
        /// Why.
        source: OpenError,
    },
    /// A database cannot be brought to this version's schema.
    #[error(transparent)]
    Migration(#[from] migration::Error),
    /// Pictures cannot be kept.
    #[error(transparent)]
    Media(#[from] posts::OpenError),
    /// The accounts cannot be looked at, or the demo accounts cannot be made.
    #[error("the database of accounts cannot be used: {0}")]
    Accounts(users::Error),
    /// The demo posts cannot be made.
    #[error("the demo posts cannot be made: {0}")]
    DemoPosts(#[from] posts::demo::SeedError),
    /// Production on data with known passwords.
    #[error(
        "the data directory {} holds the demo accounts, whose password everybody knows: production does not run on it; \
         choose another with --data DIR",
        data.display()
    )]
    DemoData {
        /// The directory.
        data: PathBuf,
    },
    /// The URL of a service elsewhere cannot be called.
    #[error("--external {name}: {source}")]
    External {
        /// The service.
        name: String,
        /// Why.
        source: InvalidTarget,
    },
    /// The bus between the services.
    #[error("EVENTS_URL cannot be used: {0}")]
    Events(#[from] InvalidUrl),
    /// The gateway.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A port is taken.
    #[error("{}", taken(.0))]
    Port(BindError),
    /// Threads, runtimes, files.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// A system that has its ports and serves as soon as it is run.
#[derive(Debug)]
pub struct Running {
    bound: gateway::Bound,
    upstreams: Vec<Upstream>,
    services: Vec<Local>,
    /// Held until everything has ended.
    data: DataDirectory,
}

/// A service of this process, and what has to be closed after it.
#[derive(Debug)]
struct Local {
    app: App,
    database: Database,
}

/// Makes everything that has to exist and takes the ports. To be called on the runtime that is to run the services.
///
/// # Errors
///
/// [`StartError`]; what was made until then stays and is used by the next start.
pub async fn start(config: Config, report: &mut Report) -> Result<Running, StartError> {
    let data = DataDirectory::take(&config.data)?;
    report.begin(config.profile, config.data.display(), is_first_start(&data));
    if data.is_new() {
        report.made("data directory created", config.data.display());
    }
    let plan = config.plan()?;
    report.checked("configuration checked", format!("{} routes, {} services", plan.routes.len(), plan.services.len()));

    // Before anything is made, or the first start that works would not be the one that shows the secrets.
    ports_are_free(&config.gateway, &plan)?;

    let bus = Bus::open(&config.events).await?;
    let mut site = Site::new(&config, &data, bus, plan.settings.limits.upstream_connect_timeout, report);
    // Nobody's events are published before everybody follows.
    let assembling = site.bus.hold();
    let (users, login) = users(&mut site).await?;
    let posts = posts(&mut site, login.is_some()).await?;
    let feed = feed(&mut site, &users, &posts).await?;
    drop(assembling);
    let services = site.services;

    let had_keys = config.gateway.keys.exists();
    let keys = config.gateway.keys.clone();
    let upstreams: Vec<Upstream> = [users, posts, feed].iter().map(|upstream| guarded(upstream, &plan)).collect();
    let gateway = gateway::build(config.gateway, plan, upstreams.clone())?.rereading(config.sources.clone());
    if !had_keys && keys.exists() {
        report.made("signing key created", keys.display());
    }
    let bound = gateway.bind().map_err(StartError::Port)?;
    data.note(Some((bound.address(), bound.admin_address())))?;
    report.ready(&Summary { origin: origin(bound.address()), admin_origin: origin(bound.admin_address()), login });
    Ok(Running { bound, upstreams, services, data })
}

/// Finds a port that is taken. The ports are taken for good only when everything behind them is there.
fn ports_are_free(config: &gateway::Config, plan: &gateway::plan::Plan) -> Result<(), StartError> {
    for address in [config.listen_address(plan), config.admin_address(plan)] {
        if let Err(source) = std::net::TcpListener::bind(address) {
            return Err(StartError::Port(BindError { address, source }));
        }
    }
    Ok(())
}

impl Running {
    /// The public address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.bound.address()
    }

    /// The address of the metrics.
    #[must_use]
    pub fn admin_address(&self) -> SocketAddr {
        self.bound.admin_address()
    }

    /// A service as the gateway calls it, by which a test can cut it off.
    #[must_use]
    pub fn upstream(&self, name: &str) -> Option<&Upstream> {
        self.upstreams.iter().find(|upstream| upstream.name() == name)
    }

    /// Serves until `shutdown` completes, everything accepted is answered and the databases are closed. Each of `hangups` has the
    /// gateway's files read again.
    ///
    /// # Errors
    ///
    /// The gateway's; the services and databases are taken down all the same.
    pub async fn run(
        self,
        shutdown: impl Future<Output = ()> + Send + 'static,
        hangups: Option<Hangups>,
    ) -> io::Result<()> {
        let Self { bound, services, data, .. } = self;
        let outcome = bound.run(shutdown, hangups).await;
        for Local { app, database } in services {
            app.ready.drain();
            app.tasks.shutdown(TASKS_GRACE).await;
            database.close().await;
        }
        drop(data);
        outcome
    }
}

/// Where services are put together.
struct Site<'a> {
    config: &'a Config,
    data: &'a DataDirectory,
    connect_timeout: Duration,
    report: &'a mut Report,
    bus: Bus,
    services: Vec<Local>,
}

impl<'a> Site<'a> {
    fn new(
        config: &'a Config,
        data: &'a DataDirectory,
        bus: Bus,
        connect_timeout: Duration,
        report: &'a mut Report,
    ) -> Self {
        Self { config, data, connect_timeout, report, bus, services: Vec::new() }
    }

    /// The service where it runs, if that is not here.
    fn elsewhere(&mut self, name: &'static str) -> Result<Option<Upstream>, StartError> {
        let Some(url) = self.config.external(name) else { return Ok(None) };
        let upstream = Upstream::remote_within(name, std::slice::from_ref(url), self.connect_timeout)
            .map_err(|source| StartError::External { name: name.to_owned(), source })?;
        self.report.checked(&format!("{name} runs elsewhere"), url);
        Ok(Some(upstream))
    }

    /// Opens a service's database and brings it to this version's schema.
    async fn database(&mut self, schema: Schema) -> Result<Database, StartError> {
        let path = self.data.database(schema.name());
        let failed = |source| StartError::Database { path: path.display().to_string(), source };
        let options = database::Options::usual(database::Engine::Sqlite);
        let database = Database::open(&database::sqlite_url(&path), options).await.map_err(failed)?;
        let applied = migration::up(schema, &database).await?;
        if let Some(newest) = applied.last() {
            self.report
                .made(&format!("{} database migrated", schema.name()), format!("{} to {newest}", path.display()));
        }
        Ok(database)
    }

    /// What a service is made of. It believes the gateway, and these services about themselves, by the same keys as everywhere.
    fn parts(&self, name: &str, database: &Database, callers: &[&str]) -> Parts {
        let whole = self.config.gateway.internal_key.as_ref();
        let callers = [GATEWAY].iter().chain(callers);
        let keys = callers.filter_map(|caller| Some(((*caller).to_owned(), whole?.derive(caller, name)))).collect();
        let (db, clock, bus) = (database.clone(), self.config.clock.clone(), self.bus.clone());
        Parts { db, verifier: Verifier::new(name, keys), clock, bus }
    }

    /// A service of this process, as it is called.
    fn serve(&mut self, app: App, database: Database) -> Upstream {
        let upstream = Upstream::local(app.name, app.service(), Handle::current());
        self.services.push(Local { app, database });
        upstream
    }
}

/// The service of accounts. Also says how one logs in, as long as that is no secret.
async fn users(site: &mut Site<'_>) -> Result<(Upstream, Option<(String, String)>), StartError> {
    let schema = Schema::Users;
    if let Some(upstream) = site.elsewhere(schema.name())? {
        return Ok((upstream, None));
    }
    let database = site.database(schema).await?;
    let login = demo_accounts(site.config, &database, site.report).await?;
    let mut settings = site.config.users.clone();
    settings.mail = settings.mail.kept_in(site.data.mail());
    let app = users::app(settings, site.parts(schema.name(), &database, &["feed"]));
    Ok((site.serve(app, database), login))
}

/// The service of posts, with some in the names of the demo accounts if those are here.
async fn posts(site: &mut Site<'_>, has_demo_accounts: bool) -> Result<Upstream, StartError> {
    let schema = Schema::Posts;
    if let Some(upstream) = site.elsewhere(schema.name())? {
        return Ok(upstream);
    }
    let database = site.database(schema).await?;
    let mut settings = site.config.posts.clone();
    settings.media = settings.media.kept_in(site.data.media());
    if has_demo_accounts && site.config.demo_data == DemoData::All {
        let clock = site.config.clock.clone();
        if let Some(seeded) = posts::demo::seed(settings.clone(), &database, clock).await? {
            site.report.made("demo posts created", seeded);
        }
    }
    let app = posts::app(settings, site.parts(schema.name(), &database, &["feed"]))?;
    Ok(site.serve(app, database))
}

/// The service of timelines and search, which compares itself with the other two.
async fn feed(site: &mut Site<'_>, users: &Upstream, posts: &Upstream) -> Result<Upstream, StartError> {
    let schema = Schema::Feed;
    if let Some(upstream) = site.elsewhere(schema.name())? {
        return Ok(upstream);
    }
    let database = site.database(schema).await?;
    let key = site.config.gateway.internal_key.as_ref();
    let sources = key.map(|key| feed::Sources::new(users.clone(), posts.clone(), key));
    let settings = feed::Config { sources, ..site.config.feed.clone() };
    let app = feed::app(settings, site.parts(schema.name(), &database, &[]));
    Ok(site.serve(app, database))
}

/// The service as the plan has it guarded.
fn guarded(upstream: &Upstream, plan: &Plan) -> Upstream {
    let policy = plan.service_named(upstream.name()).map(|(_, service)| service.policy.clone());
    upstream.with_policy(policy.unwrap_or_default())
}

/// In the demo profile: accounts to log in with, made once. In production they must not be there.
async fn demo_accounts(
    config: &Config,
    database: &Database,
    report: &mut Report,
) -> Result<Option<(String, String)>, StartError> {
    if config.profile.is_production() {
        if demo::is_seeded(database).await.map_err(StartError::Accounts)? {
            return Err(StartError::DemoData { data: config.data.clone() });
        }
        return Ok(None);
    }
    if config.demo_data != DemoData::None
        && let Some(seeded) = demo::seed(database).await.map_err(StartError::Accounts)?
    {
        report.made("demo accounts created", format!("{} users and {}", seeded.users, seeded.admin));
        report.made("password of admin, shown only now", seeded.admin_password.expose_secret());
    }
    let seeded = demo::is_seeded(database).await.map_err(StartError::Accounts)?;
    Ok(seeded.then(|| (demo::LOGIN.to_owned(), demo::PASSWORD.to_owned())))
}

/// Where a browser on this machine finds an address.
fn origin(address: SocketAddr) -> String {
    let host = if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    format!("http://{host}:{}", address.port())
}

fn is_first_start(data: &DataDirectory) -> bool {
    !data.database(Schema::Users.name()).exists()
}

/// Who is in the way, and the way around.
fn taken(error: &BindError) -> String {
    let BindError { address, source } = error;
    if source.kind() != io::ErrorKind::AddrInUse {
        return format!("cannot listen on {address}: {source}");
    }
    let owner = port::owner(*address).map_or("another process".to_owned(), |owner| owner.to_string());
    format!(
        "{address} is already taken by {owner}: stop it, or choose another address with --listen (or --admin) HOST:PORT"
    )
}
