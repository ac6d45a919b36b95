//! Modules of 2,000 tokens and more, of which a call reaches only a few places.

use super::super::draft::Draft;
use super::super::random::Random;
use super::Language::{JavaScript, Python};
use super::{floored, joined, prints};
use crate::model::prompt::Difficulty::{Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![plans(), services(), stages()].into_iter().map(long).collect()
}

fn long(mut draft: Draft) -> Draft {
    draft.prompt.tags.push("long_context".to_owned());
    draft
}

const COLOURS: [&str; 18] = [
    "Amber", "Birch", "Cedar", "Delta", "Ember", "Frost", "Grove", "Heron", "Indigo", "Jade", "Kestrel",
    "Lotus", "Maple", "North", "Opal", "Pearl", "Quartz", "River",
];
const KINDS: [&str; 6] = ["Basic", "Family", "Student", "Office", "Night", "Travel"];

/// A class: its name, its parent (by place) and what it sets itself.
struct Plan {
    name: String,
    parent: Option<usize>,
    base: Option<i64>,
    rate: Option<i64>,
    free: Option<i64>,
}

fn plans() -> Draft {
    let mut random = Random::of("benchmark plans");
    let names: Vec<String> =
        COLOURS.iter().flat_map(|colour| KINDS.iter().map(move |kind| format!("{colour}{kind}"))).collect();
    let names = random.shuffled(&names);
    let mut plans =
        vec![Plan { name: "Plan".to_owned(), parent: None, base: Some(20), rate: Some(3), free: Some(10) }];
    for name in names {
        let parent = usize::try_from(random.between(0, i64::try_from(plans.len()).unwrap() - 1)).unwrap();
        let which = random.between(0, 2);
        let mut plan = Plan { name, parent: Some(parent), base: None, rate: None, free: None };
        match which {
            0 => plan.base = Some(random.between(21, 60)),
            1 => plan.rate = Some(random.between(4, 9)),
            _ => plan.free = Some(random.between(11, 30)),
        }
        plans.push(plan);
    }
    let chain = |plan: usize| -> Vec<usize> {
        std::iter::successors(Some(plan), |place| plans[*place].parent).collect()
    };
    let find = |plan: usize, get: &dyn Fn(&Plan) -> Option<i64>| {
        chain(plan).into_iter().find_map(|place| get(&plans[place])).unwrap()
    };
    let base = |plan: usize| find(plan, &|plan| plan.base);
    let rate = |plan: usize| find(plan, &|plan| plan.rate);
    let free = |plan: usize| find(plan, &|plan| plan.free);
    // Four steps up to `Plan`, and something of everything set on the way.
    let asked = (1..plans.len())
        .rev()
        .find(|plan| {
            let chain = chain(*plan);
            chain.len() == 5 && base(*plan) != 20 && rate(*plan) != 3 && free(*plan) != 10
        })
        .unwrap();
    let used = Random::of("benchmark plans used").between(41, 55);
    let bill = |base: i64, rate: i64, free: i64| base + rate * (used - free).max(0);
    let right = bill(base(asked), rate(asked), free(asked));
    let wrong = [
        bill(20, rate(asked), free(asked)),
        bill(base(asked), 3, free(asked)),
        bill(base(asked), rate(asked), 10),
    ];
    let classes: Vec<String> = plans[1..]
        .iter()
        .map(|plan| {
            let parent = &plans[plan.parent.unwrap()].name;
            let sets = [("base", plan.base), ("rate", plan.rate), ("free", plan.free)];
            let body: Vec<String> = sets
                .iter()
                .filter_map(|(name, value)| {
                    value.map(|value| format!("    def {name}(self):\n        return {value}"))
                })
                .collect();
            format!("class {}({parent}):\n{}", plan.name, body.join("\n\n"))
        })
        .collect();
    let path: Vec<&str> = chain(asked).into_iter().map(|place| plans[place].name.as_str()).collect();
    prints(
        Medium,
        Python,
        &format!(
            "class Plan:\n    def base(self):\n        return 20\n\n    def rate(self):\n        return 3\n\n    def free(self):\n        return 10\n\n    def bill(self, used):\n        return self.base() + self.rate() * max(used - self.free(), 0)\n\n\n{}\n\n\nprint({}().bill({used}))",
            classes.join("\n\n\n"),
            plans[asked].name
        ),
        "number",
    )
    .working(format!(
        "The classes looked through are {}.\nThe nearest definitions give base {}, rate {} and free {}.\n{} + {} * ({used} - {}) = {{answer}}",
        path.join(", "),
        base(asked),
        rate(asked),
        free(asked),
        base(asked),
        rate(asked),
        free(asked)
    ))
    .number(right, wrong)
}

/// An entry of the configuration: where it falls back to (by place) and its settings.
struct Service {
    name: String,
    fallback: Option<usize>,
    settings: Vec<(&'static str, i64)>,
}

const PRODUCTS: [&str; 20] = [
    "cart", "mail", "maps", "news", "pay", "scan", "tax", "wiki", "bank", "chat", "feed", "game", "help",
    "idea", "loan", "menu", "poll", "quiz", "radio", "shop",
];
const SETTINGS: [&str; 4] = ["timeout", "retries", "weight", "limit"];

fn services() -> Draft {
    let mut random = Random::of("benchmark services");
    let names: Vec<String> = PRODUCTS
        .iter()
        .flat_map(|name| {
            ["api", "web", "job", "hub", "log", "key"].iter().map(move |part| format!("{name}_{part}"))
        })
        .collect();
    let names = random.shuffled(&names);
    let mut services: Vec<Service> = Vec::new();
    for name in names {
        let place = i64::try_from(services.len()).unwrap();
        if place == 0 {
            let settings = SETTINGS.iter().map(|setting| (*setting, random.between(2, 9))).collect();
            services.push(Service { name, fallback: None, settings });
            continue;
        }
        let fallback = usize::try_from(random.between(0, place - 1)).unwrap();
        let first = usize::try_from(random.between(0, 3)).unwrap();
        let second = (first + usize::try_from(random.between(1, 3)).unwrap()) % 4;
        let settings =
            [first, second].iter().map(|setting| (SETTINGS[*setting], random.between(2, 39))).collect();
        services.push(Service { name, fallback: Some(fallback), settings });
    }
    let chain = |service: usize, setting: &str| -> Vec<usize> {
        let sets = |place: usize| services[place].settings.iter().any(|(name, _)| *name == setting);
        let mut path = vec![service];
        while let Some(place) = path.last().copied().filter(|place| !sets(*place)) {
            path.push(services[place].fallback.unwrap());
        }
        path
    };
    let value = |service: usize, setting: &str| {
        let place = *chain(service, setting).last().unwrap();
        services[place].settings.iter().find(|(name, _)| *name == setting).unwrap().1
    };
    let mut asked: Vec<(usize, &str)> = Vec::new();
    for setting in ["timeout", "retries", "weight"] {
        let deep = (1..services.len()).rev().find(|service| {
            asked.iter().all(|(other, _)| other != service) && chain(*service, setting).len() == 3
        });
        asked.push((deep.unwrap(), setting));
    }
    let found: Vec<i64> = asked.iter().map(|(service, setting)| value(*service, setting)).collect();
    let root = |setting: &str| value(0, setting);
    let right = found[0] * found[1] + found[2];
    let entries: Vec<String> = services
        .iter()
        .map(|service| {
            let fallback = service
                .fallback
                .map_or_else(|| "null".to_owned(), |place| format!("\"{}\"", services[place].name));
            let settings: Vec<String> =
                service.settings.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            format!("  {}: {{ fallback: {fallback}, {} }},", service.name, settings.join(", "))
        })
        .collect();
    // The root is at the end, where it isn't met first.
    let mut entries = entries;
    entries.reverse();
    let call = |(service, setting): &(usize, &str)| {
        format!("lookup(\"{}\", \"{setting}\")", services[*service].name)
    };
    let path = |(service, setting): &(usize, &str)| {
        let names: Vec<&str> =
            chain(*service, setting).into_iter().map(|place| services[place].name.as_str()).collect();
        format!("{setting}: {} = {}", names.join(" -> "), value(*service, setting))
    };
    prints(
        Medium,
        JavaScript,
        &format!(
            "const services = {{\n{}\n}};\n\nfunction lookup(name, key) {{\n  const service = services[name];\n  if (key in service) {{\n    return service[key];\n  }}\n  return lookup(service.fallback, key);\n}}\n\nconsole.log({} * {} + {});",
            entries.join("\n"),
            call(&asked[0]),
            call(&asked[1]),
            call(&asked[2])
        ),
        "number",
    )
    .working(format!(
        "{}\n{} * {} + {} = {{answer}}",
        asked.iter().map(path).collect::<Vec<_>>().join("\n"),
        found[0],
        found[1],
        found[2]
    ))
    .number(
        right,
        [root("timeout") * root("retries") + root("weight"), found[0] * (found[1] + found[2]), right + found[0]]
            .into_iter()
            .filter(|wrong| *wrong != right),
    )
}

/// What a function does to its number.
#[derive(Clone, Copy)]
enum Stage {
    /// Adds one of two numbers, by the remainder.
    Branch { divisor: i64, remainder: i64, added: i64, taken: i64 },
    /// Multiplies, and keeps the remainder.
    Scale { factor: i64, modulus: i64 },
    /// Adds some times, and takes off what is over.
    Repeat { times: i64, added: i64, limit: i64, taken: i64 },
    /// Hands on to another function.
    Hand { to: usize, taken: i64, added: i64 },
}

const VERBS: [&str; 12] = [
    "adjust", "blend", "count", "drain", "fold", "grade", "level", "mark", "press", "rinse", "sort", "weigh",
];
const THINGS: [&str; 8] = ["barrel", "canvas", "ladder", "mirror", "pebble", "ribbon", "saddle", "vessel"];

fn stages() -> Draft {
    let mut random = Random::of("benchmark stages");
    let names: Vec<String> =
        VERBS.iter().flat_map(|verb| THINGS.iter().map(move |thing| format!("{verb}_{thing}"))).collect();
    let names = random.shuffled(&names);
    let mut stages: Vec<Stage> = Vec::new();
    for place in 0..names.len() {
        let kind = if place < 4 { random.between(0, 2) } else { random.between(0, 3) };
        stages.push(match kind {
            0 => {
                let divisor = random.between(3, 5);
                Stage::Branch {
                    divisor,
                    remainder: random.between(0, divisor - 1),
                    added: random.between(6, 19),
                    taken: random.between(2, 8),
                }
            }
            1 => Stage::Scale { factor: random.between(3, 7), modulus: random.between(41, 89) },
            2 => Stage::Repeat {
                times: random.between(2, 4),
                added: random.between(5, 12),
                limit: random.between(40, 60),
                taken: random.between(20, 35),
            },
            _ => Stage::Hand {
                to: usize::try_from(random.between(0, i64::try_from(place).unwrap() - 1)).unwrap(),
                taken: random.between(3, 9),
                added: random.between(2, 9),
            },
        });
    }
    let render = |(name, stage): (&String, &Stage)| {
        let body = match stage {
            Stage::Branch { divisor, remainder, added, taken } => format!(
                "    if x % {divisor} == {remainder}:\n        return x + {added}\n    return x - {taken}"
            ),
            Stage::Scale { factor, modulus } => format!("    x = x * {factor}\n    return x % {modulus}"),
            Stage::Repeat { times, added, limit, taken } => format!(
                "    for _ in range({times}):\n        x += {added}\n        if x > {limit}:\n            x -= {taken}\n    return x"
            ),
            Stage::Hand { to, taken, added } => {
                format!("    y = {}(x - {taken})\n    return y + {added}", names[*to])
            }
        };
        format!("def {name}(x):\n{body}")
    };
    let is_hand = |place: usize| matches!(stages[place], Stage::Hand { .. });
    let is = |place: usize, kind: u8| match stages[place] {
        Stage::Branch { .. } => kind == 0,
        Stage::Scale { .. } => kind == 1,
        Stage::Repeat { .. } => kind == 2,
        Stage::Hand { to, .. } => kind == 3 && !is_hand(to),
    };
    // From all over the module.
    let before = |end: usize, kind: u8| (0..end).rev().find(|place| is(*place, kind)).unwrap();
    let order = [before(64, 2), before(20, 0), before(96, 3), before(42, 1)];
    let run = |start: i64, order: &[usize]| {
        order.iter().fold(vec![start], |mut path, place| {
            path.push(apply(&stages, *place, path[path.len() - 1]));
            path
        })
    };
    let start = random.between(15, 35);
    let path = run(start, &order);
    let right = path[4];
    let backwards: Vec<usize> = order.iter().rev().copied().collect();
    let wrong = [path[3], run(start, &backwards)[4], right + 1];
    let functions: Vec<String> = names.iter().zip(&stages).map(render).collect();
    let steps: Vec<&str> = order.iter().map(|place| names[*place].as_str()).collect();
    prints(
        Hard,
        Python,
        &format!(
            "{}\n\n\nx = {start}\nfor stage in ({}):\n    x = stage(x)\nprint(x)",
            functions.join("\n\n\n"),
            steps.join(", ")
        ),
        "number",
    )
    .working(format!(
        "After {} x is {}.\nThe program prints {{answer}}.",
        steps.join(", "),
        joined(&path[1..], ", ")
    ))
    .number(right, wrong.into_iter().filter(|wrong| *wrong != right))
}

fn apply(stages: &[Stage], place: usize, x: i64) -> i64 {
    match stages[place] {
        Stage::Branch { divisor, remainder, added, taken } => {
            if floored(x, divisor).1 == remainder {
                x + added
            } else {
                x - taken
            }
        }
        Stage::Scale { factor, modulus } => floored(x * factor, modulus).1,
        Stage::Repeat { times, added, limit, taken } => (0..times).fold(x, |x, _| {
            let x = x + added;
            if x > limit { x - taken } else { x }
        }),
        Stage::Hand { to, taken, added } => apply(stages, to, x - taken) + added,
    }
}
