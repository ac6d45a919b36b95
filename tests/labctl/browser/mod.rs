//! Reports in a real browser: what a reader sees, what the page does, and whether each of its numbers is the
//! result's. Chromium is driven through its own protocol, without a driver and without a network.
//!
//! `chromium` has the one process, `page` an opened report, `axe` the accessibility check, `cases` the results whose
//! reports are looked at, `gallery` their pictures and what holds for every page.

mod axe;
mod cases;
mod chromium;
mod gallery;
mod hostile;
mod page;
mod walk;
