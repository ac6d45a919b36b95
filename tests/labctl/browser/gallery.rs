//! Every kind of report, on a phone and on a desk, light, dark and on paper: pictures to look at, and what holds for
//! all of them. `target/tmp/screenshots/` keeps the pictures.

use std::fs;

use serde::Deserialize;
use serde_json::Value;

use super::cases::{self, Case, pictures};
use super::chromium::{BROWSER, Chromium, chromium};
use super::page::{Page, View};
use super::{axe, hostile};

/// Largest report of up to 1,000 requests, and of any more, bytes.
const SIZES: [usize; 2] = [1_500_000, 8_000_000];

#[test]
fn a_quant_bench_with_its_baseline() {
    look_at(cases::quant);
}

#[test]
fn a_sweep() {
    look_at(cases::sweep);
}

#[test]
fn a_run_half_of_which_failed() {
    look_at(cases::half_failed);
}

#[test]
fn a_run_of_one_request() {
    look_at(cases::one_request);
}

#[test]
fn a_run_of_a_hundred_thousand_requests() {
    look_at(cases::hundred_thousand);
}

#[test]
fn the_evaluation_teams_bench() {
    look_at(cases::eval);
}

#[test]
fn a_history_of_five_runs() {
    look_at(cases::history);
}

#[test]
fn hostile_text() {
    look_at(hostile::case);
}

/// The browser; where there is to be none, says so.
#[expect(clippy::print_stdout, reason = "a test that is left out says so")]
pub(super) fn browser() -> Option<&'static Chromium> {
    let found = chromium();
    if found.is_none() {
        println!("left out: `{BROWSER}` is `none`");
    }
    found
}

fn look_at(make: fn() -> Case) {
    let Some(chromium) = browser() else { return };
    let case = make();
    let mut wrong = wrong_sizes(&case);
    for view in [View::DESKTOP, View::PHONE, View::DESKTOP.dark(), View::PHONE.dark()] {
        let page = Page::open(chromium, &case.html, view);
        let told = |what: String| format!("{}: {what}", view.name());
        fs::write(pictures().join(format!("{}-{}.png", case.name, view.name())), page.picture()).unwrap();
        wrong.extend(page.happened().into_iter().map(told));
        wrong.extend(too_wide(&page, view).into_iter().map(told));
        wrong.extend(axe::violations(&page).into_iter().map(|one| told(format!("axe: {one}"))));
        if view == View::DESKTOP {
            tell(&case, &page);
        }
    }
    let page = Page::open(chromium, &case.html, View::DESKTOP.without_script());
    wrong.extend(page.happened().into_iter().map(|what| format!("without script: {what}")));
    fs::write(pictures().join(format!("{}.pdf", case.name)), page.paper()).unwrap();
    wrong.extend(open_doors(&Page::open(chromium, &case.html, View::DESKTOP)));
    assert!(wrong.is_empty(), "{}: {} things are wrong:\n{}", case.name, wrong.len(), wrong.join("\n"));
}

#[expect(clippy::print_stdout, reason = "times are told, not asserted")]
fn tell(case: &Case, page: &Page) {
    let bytes = fs::metadata(&case.html).unwrap().len();
    let (made, loaded) = (case.made_in.as_secs_f64(), page.load_ms());
    println!("{}: {bytes} bytes, made in {made:.2} s by this build, loaded in {loaded:.0} ms", case.name);
}

fn wrong_sizes(case: &Case) -> Vec<String> {
    let bytes = usize::try_from(fs::metadata(&case.html).unwrap().len()).unwrap();
    let most = SIZES[usize::from(case.requests() > 1_000)];
    if bytes > most { vec![format!("{bytes} bytes are more than {most}")] } else { Vec::new() }
}

/// What makes a phone's page scroll sideways.
fn too_wide(page: &Page, view: View) -> Vec<String> {
    let function = "width => {
        const root = document.documentElement;
        if (root.scrollWidth <= width) return [];
        const right = element => element.getBoundingClientRect().right;
        const held = element => element && element !== document.body &&
            (getComputedStyle(element).overflowX !== 'visible' && right(element) <= width + 0.5
                || held(element.parentElement));
        const wide = [...document.body.querySelectorAll('*')].filter(element =>
            (right(element) > width + 0.5 || element.scrollWidth > width) && !held(element.parentElement));
        return ['the page is ' + root.scrollWidth + ' px wide',
            ...wide.slice(0, 10).map(element => element.outerHTML.slice(0, 160))];
    }";
    page.call(function, &serde_json::json!([view.width]))
}

#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a way in of its own")]
struct Doors {
    script: bool,
    handler: bool,
    style: bool,
    fetched: bool,
    image: bool,
}

/// What the page's policy lets in that is not the page's own.
fn open_doors(page: &Page) -> Vec<String> {
    let doors: Doors = page.eval(
        "(async () => {
            const put = (name, change) => {
                const element = document.createElement(name);
                change(element);
                document.body.append(element);
                return element;
            };
            put('script', script => { script.textContent = 'window.injected = true'; });
            put('button', button => button.setAttribute('onclick', 'window.handled = true')).click();
            const styled = put('p', p => { p.id = 'injected'; });
            put('style', style => { style.textContent = '#injected { order: 7 }'; });
            const pixel = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
            const image = await new Promise(done => put('img', image => {
                image.alt = '';
                image.onload = () => done(true);
                image.onerror = () => done(false);
                image.src = pixel;
            }));
            const fetched = await fetch('data:text/plain,x').then(() => true, () => false);
            return {script: window.injected === true, handler: window.handled === true,
                style: getComputedStyle(styled).order === '7', fetched, image};
        })()",
    );
    let Doors { script, handler, style, fetched, image } = doors;
    let all = [
        (script, "a script put into the page runs"),
        (handler, "a handler in an attribute runs"),
        (style, "a style put into the page holds"),
        (fetched, "the page may fetch"),
        (image, "the page may load an image"),
    ];
    let mut open: Vec<String> =
        all.iter().filter(|(open, _)| *open).map(|(_, what)| format!("policy: {what}")).collect();
    // Otherwise something else kept them out.
    page.settle();
    if page.violations().len() < all.len() - open.len() {
        open.push(format!("policy: it wasn't the policy that refused; violations: {:?}", page.violations()));
    }
    let meta: Value =
        page.eval("document.querySelector('meta[http-equiv=Content-Security-Policy]')?.content ?? null");
    if meta.is_null() {
        open.push("policy: the page has none".to_owned());
    }
    open
}
