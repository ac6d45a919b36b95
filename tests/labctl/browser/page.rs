//! A report opened in the browser as a reader would have it, with everything that the page did meanwhile.

use std::path::Path;
use std::sync::{Arc, Mutex};

use chromiumoxide::Page as Tab;
use chromiumoxide::cdp::browser_protocol::audits::{self, EventIssueAdded};
use chromiumoxide::cdp::browser_protocol::browser::{SetDownloadBehaviorBehavior, SetDownloadBehaviorParams};
use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, SetDeviceMetricsOverrideParams, SetEmulatedMediaParams, SetFocusEmulationEnabledParams,
    SetScriptExecutionDisabledParams,
};
use chromiumoxide::cdp::browser_protocol::input::{
    DispatchKeyEventParams, DispatchKeyEventType, DispatchMouseEventParams, DispatchMouseEventType,
    MouseButton,
};
use chromiumoxide::cdp::browser_protocol::log::EventEntryAdded;
use chromiumoxide::cdp::browser_protocol::network::EventRequestWillBeSent;
use chromiumoxide::cdp::browser_protocol::page::{
    AddScriptToEvaluateOnNewDocumentParams, CaptureScreenshotParams, PrintToPdfParams, Viewport,
};
use chromiumoxide::cdp::browser_protocol::target::CreateTargetParams;
use chromiumoxide::cdp::js_protocol::runtime::{EvaluateParams, EventConsoleApiCalled, EventExceptionThrown};
use chromiumoxide::types::Command;
use futures_util::{Stream, StreamExt, stream};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::chromium::Chromium;

/// The tallest picture: beyond it Chromium's own surfaces end.
const TALLEST: f64 = 16_000.0;

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct View {
    /// Pixels across.
    pub(super) width: i64,
    /// The reader prefers dark pages.
    pub(super) dark: bool,
    /// Scripts of the page run.
    pub(super) script: bool,
}

impl View {
    pub(super) const PHONE: Self = Self { width: 360, dark: false, script: true };
    pub(super) const DESKTOP: Self = Self { width: 1280, dark: false, script: true };

    pub(super) const fn dark(self) -> Self {
        Self { dark: true, ..self }
    }

    pub(super) const fn without_script(self) -> Self {
        Self { script: false, ..self }
    }

    /// `light-360`
    pub(super) fn name(self) -> String {
        format!("{}-{}", if self.dark { "dark" } else { "light" }, self.width)
    }
}

/// A report in a window of its own. Closed when dropped.
pub(super) struct Page {
    chromium: &'static Chromium,
    tab: Tab,
    happened: Arc<Mutex<Vec<String>>>,
    url: String,
    view: View,
}

impl Page {
    /// Opens a file and waits until it is loaded and drawn.
    pub(super) fn open(chromium: &'static Chromium, file: &Path, view: View) -> Self {
        let happened = Arc::default();
        let url = url::Url::from_file_path(file).unwrap().to_string();
        let blank = CreateTargetParams::builder().url("about:blank").new_window(true).build().unwrap();
        let tab = chromium.wait(chromium.browser.new_page(blank)).unwrap();
        let page = Self { chromium, tab, happened, url, view };
        page.listen();
        page.take_the_seat();
        chromium.wait(page.tab.goto(page.url.clone())).unwrap();
        page.settle();
        page
    }

    fn take_the_seat(&self) {
        let view = self.view;
        let phone = view.width < 600;
        self.command(audits::EnableParams::default());
        self.command(SetFocusEmulationEnabledParams::new(true));
        self.command(
            SetDeviceMetricsOverrideParams::builder()
                .width(view.width)
                .height(if phone { 740 } else { 900 })
                .device_scale_factor(1.0)
                .mobile(phone)
                .build()
                .unwrap(),
        );
        let scheme = if view.dark { "dark" } else { "light" };
        self.command(
            SetEmulatedMediaParams::builder()
                .features([
                    MediaFeature::new("prefers-color-scheme", scheme),
                    // What moves is at its end at once: nothing waits for it.
                    MediaFeature::new("prefers-reduced-motion", "reduce"),
                ])
                .build(),
        );
        self.command(SetScriptExecutionDisabledParams::new(!view.script));
        let mut watch = AddScriptToEvaluateOnNewDocumentParams::new(WATCH);
        watch.world_name = Some("watch".to_owned());
        self.command(watch);
    }

    /// Notes everything that a report must not do.
    fn listen(&self) {
        let own = self.url.clone();
        let logged = self.events::<EventEntryAdded>().map(|event| format!("log: {}", event.entry.text));
        let console = self.events::<EventConsoleApiCalled>().map(|event| {
            let said = event.args.iter().map(|argument| match (&argument.value, &argument.description) {
                (Some(Value::String(text)), _) | (None, Some(text)) => text.clone(),
                (value, _) => format!("{value:?}"),
            });
            format!("console: {}", said.collect::<Vec<_>>().join(" "))
        });
        let thrown = self.events::<EventExceptionThrown>().map(|event| {
            let details = &event.exception_details;
            let what = details.exception.as_ref().and_then(|exception| exception.description.clone());
            format!("exception: {}", what.unwrap_or_else(|| details.text.clone()))
        });
        let issues = self.events::<EventIssueAdded>().map(|event| format!("issue: {:?}", event.issue));
        let requests = self.events::<EventRequestWillBeSent>().filter_map(move |event| {
            let other = event.request.url != own;
            std::future::ready(other.then(|| format!("request: {}", event.request.url)))
        });
        let mut all = stream::select_all([
            logged.boxed(),
            console.boxed(),
            thrown.boxed(),
            issues.boxed(),
            requests.boxed(),
        ]);
        let happened = Arc::clone(&self.happened);
        self.chromium.spawn(async move {
            while let Some(one) = all.next().await {
                happened.lock().unwrap().push(one);
            }
        });
    }

    fn events<T: chromiumoxide::cdp::IntoEventKind + Unpin + Send + Sync + 'static>(
        &self,
    ) -> impl Stream<Item = Arc<T>> + Send + 'static {
        self.chromium.wait(self.tab.event_listener::<T>()).unwrap()
    }

    /// One command of the protocol.
    fn command<T: Command>(&self, command: T) -> T::Response {
        self.chromium.wait(self.tab.execute(command)).unwrap().result
    }

    /// The value of an expression in the page; a promise's once it is there. The page's own policy doesn't hold here.
    pub(super) fn eval<T: DeserializeOwned>(&self, expression: &str) -> T {
        let mut evaluate = EvaluateParams::new(expression);
        evaluate.await_promise = Some(true);
        evaluate.return_by_value = Some(true);
        let returned = self.command(evaluate);
        let beginning: String = expression.chars().take(400).collect();
        if let Some(details) = returned.exception_details {
            let what = details.exception.and_then(|exception| exception.description);
            panic!("`{beginning}` throws: {}", what.unwrap_or(details.text));
        }
        let value = returned.result.value.unwrap_or(Value::Null);
        serde_json::from_value(value.clone())
            .unwrap_or_else(|error| panic!("`{beginning}` is {value}: {error}"))
    }

    /// Calls a function in the page with these arguments.
    pub(super) fn call<T: DeserializeOwned>(&self, function: &str, arguments: &Value) -> T {
        self.eval(&format!("({function})(...{arguments})"))
    }

    /// Waits until an expression is true.
    pub(super) fn wait_for(&self, condition: &str) {
        crate::support::wait_until(condition, || {
            self.eval::<bool>(&format!("!!({condition})")).then_some(())
        });
    }

    /// Waits until all is drawn, and all that happened until then is noted.
    pub(super) fn settle(&self) {
        let mark = "labctl's tests were here";
        // Where scripts are off, nothing calls back; there a picture waits for the drawing by itself.
        if self.view.script {
            let _drawn: Value = self.eval(
                "document.fonts.ready.then(() => new Promise(done =>
                    requestAnimationFrame(() => requestAnimationFrame(() => done(null)))))",
            );
        }
        let _said: Value = self.call("mark => { console.debug(mark) }", &json!([mark]));
        let marked = || {
            let mut happened = self.happened.lock().unwrap();
            let at = happened.iter().position(|one| one.contains(mark))?;
            Some(happened.remove(at))
        };
        crate::support::wait_until("the browser has told what happened", marked);
        // Events of one poll are handed on together: after one more answer all of them are noted.
        let _answer: Value = self.eval("1");
    }

    /// All that happened which a report must not do: messages, exceptions, requests, violations of its policy.
    pub(super) fn happened(&self) -> Vec<String> {
        self.settle();
        let violations: Vec<String> = self.violations().iter().map(|one| format!("policy: {one}")).collect();
        let unread = self.chromium.unread(self.tab.session_id().as_ref());
        let unread = unread.into_iter().map(|message| format!("unread: {message}"));
        self.happened.lock().unwrap().clone().into_iter().chain(violations).chain(unread).collect()
    }

    /// Violations of the page's policy, as the document itself reports them.
    pub(super) fn violations(&self) -> Vec<String> {
        self.eval("JSON.parse(document.documentElement.dataset.violations ?? '[]')")
    }

    /// Moves the pointer onto the middle of an element.
    pub(super) fn hover(&self, selector: &str) {
        let (x, y) = self.middle(selector);
        self.point(x, y);
    }

    /// Moves the pointer to a point of the window.
    pub(super) fn point(&self, x: f64, y: f64) {
        self.mouse(DispatchMouseEventType::MouseMoved, x, y);
        self.settle();
    }

    /// Clicks on the middle of an element.
    pub(super) fn click(&self, selector: &str) {
        let (x, y) = self.middle(selector);
        self.mouse(DispatchMouseEventType::MouseMoved, x, y);
        self.mouse(DispatchMouseEventType::MousePressed, x, y);
        self.mouse(DispatchMouseEventType::MouseReleased, x, y);
        self.settle();
    }

    fn mouse(&self, kind: DispatchMouseEventType, x: f64, y: f64) {
        let pressed = kind != DispatchMouseEventType::MouseMoved;
        let mut event = DispatchMouseEventParams::new(kind, x, y);
        if pressed {
            event.button = Some(MouseButton::Left);
            event.click_count = Some(1);
        }
        self.command(event);
    }

    /// The middle of an element, which is scrolled into view.
    pub(super) fn middle(&self, selector: &str) -> (f64, f64) {
        self.call(
            "selector => {
                const element = document.querySelector(selector);
                if (!element) throw new Error('there is no ' + selector);
                element.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
                const at = element.getBoundingClientRect();
                return [at.x + at.width / 2, at.y + at.height / 2];
            }",
            &json!([selector]),
        )
    }

    /// Presses and lets go of a key: a letter, or one of the keys by their names.
    pub(super) fn press(&self, key: &str) {
        self.press_with(key, 0);
    }

    fn press_with(&self, key: &str, modifiers: i64) {
        let (code, number, text) = match key {
            "Tab" => ("Tab", 9, None),
            "Enter" => ("Enter", 13, Some("\r")),
            "Escape" => ("Escape", 27, None),
            " " => ("Space", 32, Some(" ")),
            "End" => ("End", 35, None),
            "Home" => ("Home", 36, None),
            "ArrowLeft" => ("ArrowLeft", 37, None),
            "ArrowUp" => ("ArrowUp", 38, None),
            "ArrowRight" => ("ArrowRight", 39, None),
            "ArrowDown" => ("ArrowDown", 40, None),
            letter => (
                "",
                letter.chars().next().map_or(0, |c| i64::from(u32::from(c.to_ascii_uppercase()))),
                Some(letter),
            ),
        };
        let down =
            if text.is_some() { DispatchKeyEventType::KeyDown } else { DispatchKeyEventType::RawKeyDown };
        for kind in [down, DispatchKeyEventType::KeyUp] {
            let mut event = DispatchKeyEventParams::new(kind.clone());
            event.key = Some(key.to_owned());
            event.code = Some(code.to_owned());
            event.windows_virtual_key_code = Some(number);
            event.modifiers = Some(modifiers);
            if kind != DispatchKeyEventType::KeyUp {
                event.text = text.map(str::to_owned);
            }
            self.command(event);
        }
    }

    /// Has downloads put into a folder.
    pub(super) fn downloads_to(&self, folder: &Path) {
        let behaviour = SetDownloadBehaviorParams::builder()
            .behavior(SetDownloadBehaviorBehavior::Allow)
            .download_path(folder.to_string_lossy())
            .build()
            .unwrap();
        self.chromium.wait(self.chromium.browser.execute(behaviour)).unwrap();
    }

    /// A picture of the whole page, PNG.
    pub(super) fn picture(&self) -> Vec<u8> {
        let (width, height): (f64, f64) =
            self.eval("[document.documentElement.clientWidth, document.documentElement.scrollHeight]");
        let shot = CaptureScreenshotParams {
            clip: Some(Viewport { x: 0.0, y: 0.0, width, height: height.min(TALLEST), scale: 1.0 }),
            capture_beyond_viewport: Some(true),
            ..CaptureScreenshotParams::default()
        };
        decode(self.command(shot).data.as_ref())
    }

    /// The page on paper, A4.
    pub(super) fn paper(&self) -> Vec<u8> {
        let paper = PrintToPdfParams {
            print_background: Some(true),
            paper_width: Some(8.27),
            paper_height: Some(11.69),
            ..PrintToPdfParams::default()
        };
        decode(self.command(paper).data.as_ref())
    }

    /// Milliseconds from the start of the navigation to the end of the load.
    pub(super) fn load_ms(&self) -> f64 {
        self.eval("performance.timing.loadEventEnd - performance.timing.navigationStart")
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // A window that is gone already is closed.
        let _closed = self.chromium.wait(self.tab.clone().close());
    }
}

/// Keeps violations of the page's policy where every world can read them.
const WATCH: &str = "document.addEventListener('securitypolicyviolation', event => {
    const root = document.documentElement;
    const all = JSON.parse(root.dataset.violations ?? '[]');
    all.push(event.effectiveDirective + ' ' + event.blockedURI + ' ' + event.sample);
    root.dataset.violations = JSON.stringify(all);
});";

fn decode(base64: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(base64).unwrap()
}
