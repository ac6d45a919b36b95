//! Reports in a real browser: what a reader sees, what the page does, and whether each of its numbers is the
//! result's. Chromium is driven through its own protocol, without a driver and without a network.
//!
//! `chromium` has the one process, `page` an opened report, `axe` the accessibility check, `cases` the results whose
//! reports are looked at, `gallery` their pictures and what holds for every page,
//! `interaction` what a reader does with them, `walk` each number against the result.

mod axe;
mod cases;
mod chromium;
mod gallery;
mod hostile;
mod interaction;
mod page;
mod walk;
