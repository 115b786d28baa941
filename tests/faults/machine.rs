//! Faults of the machine that pgpact runs on.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::Trial;
use crate::support::binary::Run;
use crate::support::own::is_root;
use crate::support::tidy::{processes, temporary};

/// A file system of our own in a folder, until it is dropped; none where we may not have one.
struct Mounted(tempfile::TempDir);

impl Mounted {
    fn new(options: &str) -> Option<Self> {
        let folder = temporary();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(folder.path())
            .status();
        let is_mounted = is_root() && mount.is_ok_and(|status| status.success());
        is_mounted.then(|| Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn is_empty(&self) -> bool {
        std::fs::read_dir(self.path()).unwrap().next().is_none()
            && processes(self.path()).is_empty()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        Command::new("umount").arg(self.path()).status().ok();
    }
}

/// Both sides are files, so that nothing but the scratch is needed.
fn both(trial: &Trial, folder: &Path) -> Run {
    trial.verify("wanted.sql").env("TMPDIR", folder)
}

#[test]
fn a_scratch_whose_server_is_killed() {
    let trial = Trial::of("the scratch's server is killed while it replays");
    std::fs::write(
        trial.folder.path().join("wanted.sql"),
        "select pg_sleep(600);",
    )
    .unwrap();
    let scratch = trial.scratch.path().to_owned();
    let killer = std::thread::spawn(move || {
        let begin = Instant::now();
        loop {
            assert!(begin.elapsed() < Duration::from_secs(60), "no server comes");
            std::thread::sleep(Duration::from_millis(50));
            let pattern = format!("{}/pgpact-*/.s.PGSQL.5432", scratch.display());
            if glob::glob(&pattern).unwrap().next().is_none() {
                continue;
            }
            std::thread::sleep(Duration::from_secs(3));
            for (pid, _) in processes(&scratch) {
                Command::new("kill")
                    .args(["-s", "KILL", &pid.to_string()])
                    .status()
                    .unwrap();
            }
            return;
        }
    });
    let ended = trial.end(both(&trial, trial.scratch.path()));
    killer.join().unwrap();
    assert!(ended.stdout.contains("wanted.sql:1"), "{}", ended.stdout);
}

#[test]
fn a_disk_that_is_full_before() {
    let trial = Trial::of("the disk of the scratch is full before it begins");
    let Some(disk) = Mounted::new("size=8m,mode=755") else {
        return;
    };
    trial.end(both(&trial, disk.path()));
    assert!(disk.is_empty());
}

#[test]
fn a_disk_that_fills() {
    let trial = Trial::of("the disk of the scratch fills while it replays");
    let Some(disk) = Mounted::new("size=700m,mode=755") else {
        return;
    };
    let fills = "create table public.large (line text); alter table public.large alter line set storage external;
        insert into public.large select repeat(md5(i::text), 3000) from generate_series(1, 1000000) i;";
    std::fs::write(trial.folder.path().join("wanted.sql"), fills).unwrap();
    let ended = trial.end(both(&trial, disk.path()));
    assert!(ended.stdout.contains("hardly any room"), "{}", ended.stdout);
    assert!(disk.is_empty());
}

#[test]
fn a_folder_for_temporary_files_that_is_not_there() {
    let trial = Trial::of("TMPDIR does not exist");
    trial.end(both(&trial, Path::new("/nowhere/to/be/found")));
}

#[test]
fn a_folder_for_temporary_files_that_is_read_only() {
    let trial = Trial::of("TMPDIR is on a read-only file system");
    let Some(disk) = Mounted::new("ro,size=8m,mode=755") else {
        return;
    };
    trial.end(both(&trial, disk.path()));
    assert!(disk.is_empty());
}

/// Runs where some mounts are read-only, which only this run sees; none where we may not have that.
fn read_only(trial: &Trial, mounts: &[&str]) -> Option<Run> {
    let remount = mounts
        .iter()
        .map(|mount| format!("mount -o remount,bind,ro {mount} && "));
    let script = format!(
        "mount --make-rprivate / && {}exec \"$@\"",
        remount.collect::<String>()
    );
    let arguments = ["-m", "--", "/bin/sh", "-c", &script, "sh"];
    let may = Command::new("unshare").args(arguments).arg("true").status();
    let may = is_root() && may.is_ok_and(|status| status.success());
    may.then(|| both(trial, trial.scratch.path()).by("unshare", &arguments))
}

#[test]
fn a_root_that_is_read_only() {
    let trial = Trial::of("all but `/dev/shm` is read-only, the root file system too");
    let Some(run) = read_only(&trial, &["/"]) else {
        return;
    };
    trial.end(run);
}

#[test]
fn nothing_that_can_be_written_to() {
    let trial = Trial::of("nothing can be written anywhere");
    let Some(run) = read_only(&trial, &["/", "/dev/shm"]) else {
        return;
    };
    let ended = trial.end(run);
    let help = ended.json()["error"]["help"].to_string();
    assert!(help.contains("TMPDIR"), "{help}");
}

/// Where a library is that tells one process another time.
const OTHER_TIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

#[test]
fn a_clock_that_jumps() {
    let trial = Trial::of("the clock jumps by days and back all the while");
    if !Path::new(OTHER_TIME).exists() {
        eprintln!("SKIPPED: there is no libfaketime on this machine");
        return;
    }
    let hands = trial.folder.path().join("time");
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let over = std::sync::atomic::Ordering::SeqCst;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for jump in ["+0", "+1d", "-2d", "+400d", "-30d"].iter().cycle() {
                // In one step: it is read at any moment.
                std::fs::write(hands.with_extension("next"), jump).unwrap();
                std::fs::rename(hands.with_extension("next"), &hands).unwrap();
                if is_over.load(over) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        while !hands.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        // How long something takes is asked of a clock that does not jump, here as elsewhere.
        let run = both(&trial, trial.scratch.path())
            .arg("--timeout=30")
            .env("LD_PRELOAD", OTHER_TIME)
            .env("FAKETIME_TIMESTAMP_FILE", &hands)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        let ended = run.end();
        is_over.store(true, over);
        trial.check(&ended, Duration::ZERO);
    });
}

#[test]
fn a_report_that_nobody_can_keep() {
    let trial = Trial::of("TMPDIR does not exist");
    let status = both(&trial, trial.scratch.path()).stdout_to("/dev/full");
    assert_eq!(status, 3);
    trial.tidy();
    let written = both(&trial, trial.scratch.path())
        .arg("--report=json=/dev/full")
        .end();
    assert_eq!(written.status, 3, "{}", written.stderr);
    assert!(
        written.stderr.contains("report-failed"),
        "{}",
        written.stderr
    );
    trial.tidy();
}

/// With so little memory a run may be ended by the system: never with a verdict that is wrong, and the next one removes
/// what is left.
#[test]
fn sixty_four_megabytes_of_memory() {
    let roots = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"];
    let found = roots.iter().find_map(|root| {
        let group = Path::new(root).join(format!("pgpact-test-{}", std::process::id()));
        let limits = ["memory.limit_in_bytes", "memory.max"];
        is_root()
            .then(|| std::fs::create_dir(&group).ok())
            .flatten()?;
        let set = limits.iter().any(|limit| {
            group.join(limit).exists() && std::fs::write(group.join(limit), "67108864").is_ok()
        });
        if !set {
            std::fs::remove_dir(&group).ok();
        }
        set.then_some(group)
    });
    let Some(group) = found else {
        return;
    };
    let trial = Trial::of("TMPDIR does not exist");
    let enter = format!("echo $$ > {}/cgroup.procs; exec \"$@\"", group.display());
    let begin = Instant::now();
    let ended = both(&trial, trial.scratch.path())
        .by("/bin/sh", &["-c", &enter, "sh"])
        .end();
    assert!(begin.elapsed() < Duration::from_secs(120));
    if ended.status == 0 {
        assert_eq!(ended.json()["verdict"], "holds");
    } else {
        assert!([3, -1, 137].contains(&ended.status), "{}", ended.stderr);
    }
    let next = both(&trial, trial.scratch.path()).end();
    assert_eq!(next.status, 0, "{}", next.stderr);
    trial.tidy();
    std::fs::remove_dir(&group).ok();
}
