//! The bodies of one side's requests: made of the workload, salted where it is to be, before the load as far as it is
//! known what will be sent.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;

use crate::client::request::{Conversation, Form};
use crate::client::server::Dialect;
use crate::load::bodies::{Asked, Bodies};
use crate::load::plan::{Block, Item};
use crate::model::config::Api;
use crate::model::prompt::Prompt;
use crate::model::result::Sampling;
use crate::workload::{Workload, salted};

use super::side::Reached;

/// Bytes of bodies that are kept ready for one side; the rest is made when it is sent.
const MOST_PREPARED: usize = 512 << 20;

/// Makes the requests of one side.
#[derive(Debug)]
pub(super) struct SideBodies {
    api: Api,
    dialect: Dialect,
    model: String,
    extra: serde_json::Map<String, serde_json::Value>,
    sampling: Sampling,
    workload: Arc<Workload>,
    /// First turns of the level that is running, by round.
    prepared: RwLock<HashMap<(Item, u32), Bytes>>,
}

impl SideBodies {
    pub(super) fn new(reached: &Reached, sampling: &Sampling, workload: Arc<Workload>) -> Self {
        let form = reached.form();
        Self {
            api: form.api,
            dialect: form.dialect,
            model: form.model.to_owned(),
            extra: form.extra.clone(),
            sampling: sampling.clone(),
            workload,
            prepared: RwLock::default(),
        }
    }

    /// Makes the bodies of these blocks, as far as memory allows, and forgets those of others. What a block that
    /// begins anew sends later is made when it is sent.
    pub(super) fn prepare(&self, blocks: &[Block]) {
        self.prepare_up_to(MOST_PREPARED, blocks);
    }

    fn prepare_up_to(&self, most: usize, blocks: &[Block]) {
        let mut prepared = HashMap::new();
        let mut bytes = 0;
        self.keep(HashMap::new());
        for block in blocks {
            for item in &block.items {
                if bytes >= most {
                    break;
                }
                let asked = Asked {
                    item: *item,
                    turn: 0,
                    answers: &[],
                    round: Some(block.round),
                    level: block.level,
                };
                if let Some(body) = self.made(&asked) {
                    bytes += body.len();
                    prepared.insert((*item, block.round), body);
                }
            }
        }
        self.keep(prepared);
    }

    fn keep(&self, prepared: HashMap<(Item, u32), Bytes>) {
        *self.prepared.write().unwrap_or_else(PoisonError::into_inner) = prepared;
    }

    fn made(&self, asked: &Asked<'_>) -> Option<Bytes> {
        let first = asked.item.prompt;
        let turns = self.workload.prompts.get(first..=first + asked.turn)?;
        let last = turns.last()?;
        let text = |turn: usize| -> Option<Cow<'_, Prompt>> {
            let prompt = turns.get(turn)?;
            // The beginning of a conversation stays as it was sent: what comes before a turn has been seen.
            Some(salted(prompt, self.workload.info.salt.as_deref(), &request_name(asked, turn)))
        };
        let sent: Vec<Cow<'_, Prompt>> = (0..turns.len()).map_while(text).collect();
        let (user, users) = sent.split_last()?;
        let said: Vec<(&str, &str)> = users
            .iter()
            .zip(asked.answers)
            .map(|(user, answer)| (user.prompt.as_str(), answer.as_str()))
            .collect();
        let conversation =
            Conversation { system: sent.first()?.system.as_deref(), before: &said, user: &user.prompt };
        let form = Form { api: self.api, dialect: self.dialect, model: &self.model, extra: &self.extra };
        Some(form.turn(&conversation, &last.prompt, &last.ask, &self.sampling, asked.item.repeat))
    }
}

/// What tells this request from all others of the run that send the same prompt.
fn request_name(asked: &Asked<'_>, turn: usize) -> String {
    let Asked { item, round, level, .. } = asked;
    match round {
        Some(round) => format!("{level}/{round}/{}/{turn}", item.repeat),
        None => format!("warm-up/{}/{turn}", item.repeat),
    }
}

impl Bodies for SideBodies {
    fn body(&self, asked: &Asked<'_>) -> Option<Bytes> {
        if let (0, Some(round)) = (asked.turn, asked.round)
            && let Some(body) =
                self.prepared.read().unwrap_or_else(PoisonError::into_inner).get(&(asked.item, round))
        {
            return Some(body.clone());
        }
        self.made(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::plan::{Shape, blocks};
    use crate::model::config::ServerKind;

    #[test]
    fn what_is_not_kept_ready_is_made_alike_when_it_is_sent() {
        let set = crate::promptset::load("canary", std::path::Path::new("")).unwrap();
        let workload = Arc::new(Workload::of_prompt_set(&set));
        let bodies = || SideBodies {
            api: Api::Chat,
            dialect: Dialect::of(ServerKind::Openai),
            model: "m".to_owned(),
            extra: serde_json::Map::new(),
            sampling: Sampling { temperature: 0.0, top_p: None, seed: 1, max_tokens: None },
            workload: workload.clone(),
            prepared: RwLock::default(),
        };
        let (all, first) = (bodies(), bodies());
        let blocks = blocks(&Shape::once(set.prompts.len(), 1, 1), 0);
        all.prepare(&blocks);
        first.prepare_up_to(1, &blocks);
        let ready = |of: &SideBodies| of.prepared.read().unwrap().len();
        assert_eq!((ready(&all), ready(&first)), (set.prompts.len(), 1));
        for item in &blocks[0].items {
            let asked = Asked { item: *item, turn: 0, answers: &[], round: Some(0), level: 0 };
            assert_eq!(all.body(&asked), first.body(&asked));
            assert!(all.body(&asked).is_some());
        }
    }
}
