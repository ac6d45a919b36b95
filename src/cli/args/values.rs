//! The types of flags' values, with messages that say what is expected.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use clap::ValueEnum;

use crate::model::config::TransportChoice;
use crate::model::definitions::Definitions;

/// `--color`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// Where a terminal is there
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<ColorArg> for anstream::ColorChoice {
    fn from(choice: ColorArg) -> Self {
        match choice {
            ColorArg::Auto => Self::Auto,
            ColorArg::Always => Self::Always,
            ColorArg::Never => Self::Never,
        }
    }
}

/// `--transport`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TransportArg {
    /// `kernel` where it can be had, else `reqwest`
    Auto,
    /// Stamped by the kernel when the bytes arrive
    Kernel,
    /// Stamped by labctl when a read returns
    Reqwest,
}

impl From<TransportArg> for TransportChoice {
    fn from(choice: TransportArg) -> Self {
        match choice {
            TransportArg::Auto => Self::Auto,
            TransportArg::Kernel => Self::Kernel,
            TransportArg::Reqwest => Self::Reqwest,
        }
    }
}

/// `--format` of what goes to standard output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people
    #[default]
    Text,
    /// Stable and complete, for programs
    Json,
    /// For pull requests and notes
    Markdown,
}

/// `--format` of what a page can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people, on a terminal
    Text,
    /// One self-contained page
    Html,
    /// For pull requests and notes
    Markdown,
    /// Stable and complete, for programs
    Json,
}

impl ReportFormat {
    /// The one that is asked for: `--format`, else by the ending of the file that is to be written, else text.
    ///
    /// # Errors
    ///
    /// When the file has no ending, or one that stands for something else.
    pub fn asked(format: Option<Self>, file: Option<&Path>) -> Result<Self, String> {
        let file = match (format, file) {
            (Some(format), _) => return Ok(format),
            (None, None) => return Ok(Self::Text),
            (None, Some(file)) => file,
        };
        let Some(ending) = file.extension() else {
            return Err("its name has no ending that would say which form is meant".to_owned());
        };
        match ending.to_string_lossy().to_ascii_lowercase().as_str() {
            "html" | "htm" => Ok(Self::Html),
            "md" | "markdown" => Ok(Self::Markdown),
            "json" => Ok(Self::Json),
            "txt" | "log" => Ok(Self::Text),
            other => Err(format!("what `.{other}` stands for is not known")),
        }
    }
}

/// `--format` where Markdown makes no sense.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum PlainFormat {
    /// For people
    #[default]
    Text,
    /// Stable and complete, for programs
    Json,
}

/// `--definitions`: the tool whose formulas are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DefinitionsArg {
    /// `vllm bench serve`
    Vllm,
    /// `GuideLLM`
    #[value(name = "guidellm")]
    GuideLlm,
    /// NVIDIA's `AIPerf`
    #[value(name = "aiperf")]
    AiPerf,
}

impl From<DefinitionsArg> for Definitions {
    fn from(tool: DefinitionsArg) -> Self {
        match tool {
            DefinitionsArg::Vllm => Self::Vllm,
            DefinitionsArg::GuideLlm => Self::Guidellm,
            DefinitionsArg::AiPerf => Self::Aiperf,
        }
    }
}

/// `name=value`, split at the first `=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyValue {
    /// Before the `=`, never empty.
    pub key: String,
    /// After the `=`, as given.
    pub value: String,
}

impl FromStr for KeyValue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                Ok(Self { key: key.trim().to_owned(), value: value.to_owned() })
            }
            Some(_) => Err("nothing stands before the `=`".to_owned()),
            None => Err("expected `name=value`".to_owned()),
        }
    }
}

impl fmt::Display for KeyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

/// A number; neither infinite nor none at all, which JSON has no words for.
pub fn number(text: &str) -> Result<f64, String> {
    text.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(|| "expected a number".to_owned())
}

/// A share, 0 to 1.
pub fn share(text: &str) -> Result<f64, String> {
    let share = number(text)?;
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else if text.len() < 8 && (1.0..=100.0).contains(&share) {
        Err(format!("expected a share from 0 to 1; for {text} % write {}", share / 100.0))
    } else {
        Err("expected a share from 0 to 1".to_owned())
    }
}

/// A percentile, 0 to 100.
pub fn percentile(text: &str) -> Result<f64, String> {
    number(text)
        .ok()
        .filter(|percentile| (0.0..=100.0).contains(percentile))
        .ok_or_else(|| "expected percentiles from 0 to 100, such as `50,90,99`".to_owned())
}

/// Percentage points, 0 to 100.
pub fn percentage_points(text: &str) -> Result<f64, String> {
    let points = points(text)?;
    if points > 0.0 && points < 100.0 {
        Ok(points)
    } else {
        Err("expected percentage points above 0 and below 100, such as `5pp`".to_owned())
    }
}

/// A true difference in percentage points, 0 to 100, with or without `pp`.
pub fn points(text: &str) -> Result<f64, String> {
    let points = number(text.strip_suffix("pp").unwrap_or(text).trim_end())
        .map_err(|_| "expected percentage points, such as `5pp`".to_owned())?;
    if (0.0..=100.0).contains(&points) {
        Ok(points)
    } else {
        Err("expected percentage points from 0 to 100".to_owned())
    }
}

/// A share, in percent (`8%`) or as a number from 0 to 1.
pub fn percentage(text: &str) -> Result<f64, String> {
    let Some(percent) = text.strip_suffix('%') else {
        return share(text)
            .map_err(|_| format!("expected a percentage such as `{text}%`, or a share from 0 to 1"));
    };
    let percent = number(percent.trim_end()).map_err(|_| "expected a percentage such as `8%`".to_owned())?;
    if (0.0..=100.0).contains(&percent) {
        Ok(percent / 100.0)
    } else {
        Err("expected a percentage from 0% to 100%".to_owned())
    }
}

/// A one-sided α, above 0 and below one half.
pub fn alpha(text: &str) -> Result<f64, String> {
    let alpha = percentage(text)?;
    if alpha > 0.0 && alpha < 0.5 {
        Ok(alpha)
    } else {
        Err("expected a chance above 0 and below 0.5".to_owned())
    }
}

/// A power: a chance above one half and below 1.
pub fn power(text: &str) -> Result<f64, String> {
    let power = percentage(text)?;
    if power > 0.5 && power < 1.0 {
        Ok(power)
    } else {
        Err("expected a chance above 50% and below 100%".to_owned())
    }
}

/// A factor above 0.
pub fn factor(text: &str) -> Result<f64, String> {
    let factor = number(text)?;
    if factor > 0.0 { Ok(factor) } else { Err("expected a number above 0".to_owned()) }
}

/// A number of 0 or more.
pub fn not_negative(text: &str) -> Result<f64, String> {
    let number = number(text)?;
    if number >= 0.0 { Ok(number) } else { Err("expected a number of 0 or more".to_owned()) }
}

/// A count of at least 1 in `u32`.
pub fn at_least_one(text: &str) -> Result<u32, String> {
    match text.parse::<u32>() {
        Ok(0) => Err("must be at least 1".to_owned()),
        Ok(count) => Ok(count),
        Err(_) => Err(format!("expected a whole number from 1 to {}", u32::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_values_split_at_the_first_equals_sign() {
        let pair: KeyValue = "a.b=c=d".parse().unwrap();
        assert_eq!((pair.key.as_str(), pair.value.as_str()), ("a.b", "c=d"));
        assert!("ab".parse::<KeyValue>().is_err());
        assert!("=b".parse::<KeyValue>().is_err());
        assert_eq!("a=".parse::<KeyValue>().unwrap().value, "");
    }

    #[test]
    fn a_file_without_a_known_ending_needs_a_format() {
        let asked = |format, file: Option<&str>| ReportFormat::asked(format, file.map(Path::new));
        assert_eq!(asked(None, None), Ok(ReportFormat::Text));
        assert_eq!(asked(None, Some("a.MD")), Ok(ReportFormat::Markdown));
        assert_eq!(asked(Some(ReportFormat::Html), Some("notes")), Ok(ReportFormat::Html));
        assert!(asked(None, Some("a.pdf")).unwrap_err().contains("`.pdf`"));
        for name in ["notes", "a.b/notes", ".html"] {
            assert!(asked(None, Some(name)).unwrap_err().contains("no ending"), "{name}");
        }
    }

    #[test]
    fn numbers_say_their_range() {
        assert_eq!(share("0.1"), Ok(0.1));
        assert!(share("5").unwrap_err().contains("0.05"));
        assert!(share("nan").is_err() && share("-1").is_err());
        assert_eq!(percentage_points("5"), Ok(5.0));
        assert_eq!((percentage_points("2.5pp"), percentage_points("5 pp")), (Ok(2.5), Ok(5.0)));
        assert!(["0", "100", "101", "-5", "x"].iter().all(|text| percentage_points(text).is_err()));
        assert_eq!((points("0"), percentage("8%"), percentage("0.08")), (Ok(0.0), Ok(0.08), Ok(0.08)));
        assert!(percentage("8").unwrap_err().contains("`8%`") && percentage("101%").is_err());
        assert!(alpha("50%").is_err() && alpha("0").is_err() && alpha("5%") == Ok(0.05));
        assert!(power("50%").is_err() && power("1").is_err() && power("0.9") == Ok(0.9));
        assert!(percentile("99.9").is_ok() && percentile("101").is_err() && percentile("p99").is_err());
        assert!(factor("0").is_err() && factor("inf").is_err());
        assert_eq!(not_negative("0"), Ok(0.0));
        assert!(at_least_one("0").unwrap_err().contains("at least 1"));
        assert_eq!(at_least_one("7"), Ok(7));
    }
}
