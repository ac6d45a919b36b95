//! The one Chromium of a test process. A shell holds it: when the tests end, in whatever way, the shell's standard
//! input closes, and the browser ends with its folder.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use chromiumoxide::Browser;
use chromiumoxide::error::CdpError;
use chromiumoxide::handler::HandlerConfig;
use futures_util::StreamExt;
use tokio::runtime::{Builder, Runtime};

/// Path of the browser, or `none`: no test in a browser.
pub(super) const BROWSER: &str = "LABCTL_BROWSER";
/// Path of Chromium, where it isn't found by its name.
const CHROMIUM: &str = "LABCTL_CHROMIUM";
/// By what names it goes.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// No network, no first run, nothing that differs from one machine to the next, and no page that sleeps because
/// another window is before it.
const FLAGS: [&str; 16] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-component-update",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--no-first-run",
    "--no-default-browser-check",
    "--remote-debugging-port=0",
];

/// Runs the browser that its arguments name, and ends it when nothing holds the standard input any more.
const KEEPER: &str = r#"folder=$1; shift
"$@" --user-data-dir="$folder" about:blank 2>&1 >/dev/null &
browser=$!
cat >/dev/null
kill "$browser" 2>/dev/null
wait "$browser" 2>/dev/null
rm -rf "$folder""#;

/// The longest that one command of the protocol may take: a page of 100,000 requests on a busy machine too.
const PATIENCE: Duration = Duration::from_mins(2);

/// A running Chromium and the thread that speaks with it.
pub(super) struct Chromium {
    pub(super) browser: Browser,
    runtime: Runtime,
    unread: &'static Mutex<Vec<String>>,
    /// Its standard input stays open as long as this process lives.
    _keeper: Child,
}

/// The browser, started by whoever asks first; `None` where the environment says that there is none.
///
/// # Panics
///
/// When there is no Chromium, with what to do about it.
pub(super) fn chromium() -> Option<&'static Chromium> {
    static CHROMIUM: OnceLock<Chromium> = OnceLock::new();
    if std::env::var(BROWSER).is_ok_and(|browser| browser == "none") {
        return None;
    }
    Some(CHROMIUM.get_or_init(Chromium::start))
}

impl Chromium {
    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("chromium-").tempdir_in(env!("CARGO_TARGET_TMPDIR"));
        // Removed by the keeper: what is static is never dropped.
        let folder = folder.unwrap().keep();
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(&folder)
            .arg(executable())
            .args(FLAGS)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(keeper.stdout.take().unwrap());
        let address = listening(&mut said);
        // It must never wait for somebody to read what else it says.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));

        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let unread: &'static Mutex<Vec<String>> = Box::leak(Box::default());
        let config = HandlerConfig {
            ignore_invalid_messages: false,
            viewport: None,
            request_timeout: PATIENCE,
            ..HandlerConfig::default()
        };
        let browser = runtime.block_on(async {
            let (browser, mut handler) = Browser::connect_with_config(address, config).await.unwrap();
            tokio::spawn(async move {
                while let Some(handled) = handler.next().await {
                    if let Err(CdpError::InvalidMessage(message, _)) = handled {
                        unread.lock().unwrap().push(message);
                    }
                }
            });
            browser
        });
        Self { browser, runtime, unread, _keeper: keeper }
    }

    /// Waits for what the browser is to do.
    pub(super) fn wait<F: Future>(&self, work: F) -> F::Output {
        self.runtime.handle().block_on(work)
    }

    /// Starts what goes on beside.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    /// Messages about this page that the protocol's client couldn't read: a newer browser's events.
    pub(super) fn unread(&self, session: &str) -> Vec<String> {
        self.unread.lock().unwrap().iter().filter(|message| message.contains(session)).cloned().collect()
    }
}

/// Where Chromium says that it listens.
fn listening(said: &mut impl BufRead) -> String {
    let mut all = String::new();
    loop {
        let from = all.len();
        let read = said.read_line(&mut all).unwrap();
        assert!(read > 0, "Chromium ended before it listened; it said: {all}");
        if let Some(address) = all[from..].trim().strip_prefix("DevTools listening on ") {
            return address.to_owned();
        }
    }
}

/// Chromium's path.
fn executable() -> PathBuf {
    if let Some(path) = std::env::var_os(CHROMIUM).map(PathBuf::from) {
        assert!(path.is_file(), "`{CHROMIUM}` is {}, which is no file", path.display());
        return path;
    }
    let folders: Vec<PathBuf> = std::env::var_os("PATH").iter().flat_map(std::env::split_paths).collect();
    let mut candidates = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.find(|path| path.is_file()).unwrap_or_else(|| {
        panic!(
            "the reports are tested in Chromium, and none is found: `apt install chromium`, or set `{CHROMIUM}` to \
             its path, or `{BROWSER}=none` to leave these tests out"
        )
    })
}
