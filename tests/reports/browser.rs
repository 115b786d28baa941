//! The page in a browser, where one is installed: how wide it gets, what it fetches, and that typing filters.

use std::fs;
use std::path::Path;
use std::process::Command;

use pgpact::report::{Page, html};
use serde_json::Value;

use super::html::drawing;
use crate::support::reports::full;

/// Looks at the page in a frame of some width, and writes down what it sees.
const LOOK: &str = r#"<!doctype html><body><pre id="seen"></pre><iframe id="frame" height="900"></iframe><script>
const frame = document.getElementById("frame");
frame.width = new URLSearchParams(location.search).get("width");
frame.onload = () => {
  const page = frame.contentDocument, view = frame.contentWindow;
  const visible = () => [...page.querySelectorAll("article")].filter((one) => one.offsetHeight > 0).map((one) => one.id);
  const all = visible(), box = page.getElementById("q");
  box.value = "body";
  box.dispatchEvent(new Event("input"));
  const some = visible(), said = page.getElementById("shown").textContent;
  view.location.hash = all[0];
  setTimeout(() => {
    document.getElementById("seen").textContent = JSON.stringify({
      all, some, said, followed: visible().length,
      fits: page.documentElement.scrollWidth <= page.documentElement.clientWidth,
      width: page.documentElement.clientWidth,
      fetched: view.performance.getEntriesByType("resource").map((one) => one.name),
      styled: view.getComputedStyle(page.querySelector("article")).borderLeftWidth,
      drawn: page.querySelectorAll("svg.drawing rect").length,
      deaf: [...page.querySelectorAll(".scroll")].filter((one) => one.tabIndex !== 0).length,
    });
    document.title = "done";
  }, 200);
};
frame.src = "page.html";
</script>"#;

fn browser() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names.into_iter().find(|name| {
        let asked = Command::new(name).arg("--version").output();
        asked.is_ok_and(|output| output.status.success())
    })
}

fn dom(browser: &str, folder: &Path, url: &str) -> String {
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--allow-file-access-from-files",
        ])
        .args([
            "--virtual-time-budget=4000",
            "--window-size=1500,1000",
            "--dump-dom",
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .arg(url)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_browser_shows_it_whole_at_every_width_and_fetches_nothing() {
    let Some(browser) = browser() else {
        eprintln!("SKIPPED: no Chromium is installed, so nobody looked at the page");
        return;
    };
    let mut report = full();
    report.drawn.tables = Some(drawing());
    report.findings[0].message += &" and_a_name_that_does_not_end".repeat(6).replace(' ', "_");
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("page.html"),
        html(&report, &Page::default()),
    )
    .unwrap();
    fs::write(folder.path().join("look.html"), LOOK).unwrap();
    for width in [380, 1400] {
        let url = format!("file://{}/look.html?width={width}", folder.path().display());
        let dom = dom(browser, folder.path(), &url);
        let seen = dom
            .split("<pre id=\"seen\">")
            .nth(1)
            .unwrap_or_else(|| panic!("{dom}"));
        let seen = seen.split("</pre>").next().unwrap();
        let seen: Value = serde_json::from_str(&html_escape::decode_html_entities(seen)).unwrap();
        assert_eq!(seen["fits"], true, "it is wider than {width}: {seen}");
        assert_eq!(seen["fetched"], serde_json::json!([]), "{seen}");
        assert_eq!(
            seen["styled"], "4px",
            "the policy refuses the style: {seen}"
        );
        assert_eq!(seen["all"].as_array().unwrap().len(), 4, "{seen}");
        assert_eq!(
            seen["some"].as_array().unwrap().len(),
            1,
            "the policy refuses the script: {seen}"
        );
        assert_eq!(seen["said"], "1 of 4 findings");
        assert_eq!(
            seen["followed"], 4,
            "a link into what is filtered out shows it"
        );
        assert_eq!(seen["drawn"], 3);
        assert_eq!(seen["deaf"], 0, "something moves by mouse alone");
    }
    let url = format!(
        "file://{}/page.html#filter=rls-disabled",
        folder.path().display()
    );
    let dom = dom(browser, folder.path(), &url);
    assert_eq!(
        dom.matches("<article").count() - dom.matches("hidden=\"\"><h3>").count(),
        4
    );
    assert!(dom.contains("1 of 4 findings"), "a link can carry a filter");
}
