//! A process that is killed in the middle of its work: what was acknowledged is there, and what follows from it happens once.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use testkit::{Caller, until};

use super::Agora;

const ROUNDS: usize = 3;
const CLIENTS: usize = 4;

/// Registers one account after the other until nobody answers any more, and notes those that were acknowledged.
async fn register(caller: Caller, prefix: String, acknowledged: Arc<Mutex<BTreeSet<String>>>) {
    for number in 0.. {
        let name = format!("{prefix}_{number}");
        let account =
            json!({ "username": name, "email": format!("{name}@example.test"), "password": "a good password" });
        match caller.post("/api/v1/auth/register", &account).try_send().await {
            Ok(answer) if answer.status == 201 => drop(acknowledged.lock().unwrap().insert(name)),
            // In the middle of being killed.
            Ok(answer) => assert!(answer.status.is_server_error(), "{}", answer.sentence()),
            Err(_cut) => return,
        }
    }
}

/// To whom letters were written, one entry for each letter.
fn addressees(data: &Path) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(data.join("mail")) else { return Vec::new() };
    // What is being written has a dot before its name.
    let files = files.map(|file| file.unwrap()).filter(|file| !file.file_name().to_string_lossy().starts_with('.'));
    let name = |letter: &str| {
        let line = letter.lines().find(|line| line.starts_with("To: ")).unwrap().to_owned();
        line.split_once('<').unwrap().1.split_once('@').unwrap().0.to_owned()
    };
    files.map(|file| name(&std::fs::read_to_string(file.path()).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_kill_is_there_and_is_written_of_once() {
    let data = tempfile::tempdir().unwrap();
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    for round in 0..ROUNDS {
        let mut agora = Agora::start(data.path()).await;
        let before = acknowledged.lock().unwrap().len();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let caller = Caller::new(agora.address);
                tokio::spawn(register(caller, format!("r{round}_{client}"), Arc::clone(&acknowledged)))
            })
            .collect();
        // Another moment in each round.
        let enough = before + 7 + 11 * round;
        until("some are acknowledged", Duration::from_secs(30), async || {
            (acknowledged.lock().unwrap().len() > enough).then_some(())
        })
        .await;
        agora.process.signal("KILL");
        assert!(!agora.process.exit().success());
        for client in clients {
            client.await.unwrap();
        }
    }

    let agora = Agora::start(data.path()).await;
    let acknowledged = acknowledged.lock().unwrap().clone();
    for name in &acknowledged {
        assert_eq!(agora.caller().get(&format!("/api/v1/users/{name}")).await.status, 200, "{name}");
    }
    let total = agora.caller().get("/api/v1/users?limit=1&count=true").await.expect(200).json()["total"].clone();
    let registered = usize::try_from(total.as_u64().unwrap()).unwrap() - 41;
    let written = until("all letters are written", Duration::from_secs(10), async || {
        Some(addressees(data.path())).filter(|written| written.len() >= registered)
    })
    .await;
    let once: BTreeSet<String> = written.iter().cloned().collect();
    assert_eq!((written.len(), once.len()), (registered, registered), "one letter each");
    assert!(acknowledged.is_subset(&once));
    assert!(agora.stop().0.success());
}
