//! `numeric`: the answer is this number, exactly or within the tolerance that the prompt states.

use super::answer::{Answer, find};
use super::judge::{Finding, Late, Rule};
use super::must_fail::MustFail;
use super::numbers::Numbers;
use super::quantity::{Quantity, parse};
use super::rational::{Number, Ratio};
use super::reading::Reading;
use super::tokens::quote;
use super::transform::Transform;
use super::units::Unit;
use crate::model::check::{Check, Locale};
use crate::model::judgement::Verdict;

/// A compiled `numeric` check.
#[derive(Debug)]
pub(super) struct Numeric {
    written: String,
    value: Number,
    unit: Option<Unit>,
    tolerance: Tolerance,
    locale: Locale,
}

#[derive(Debug)]
struct Tolerance {
    abs: Option<f64>,
    rel: Option<f64>,
    decimals: Option<u32>,
    figures: Option<u32>,
}

impl Numeric {
    pub(super) fn new(check: &Check) -> Result<Self, String> {
        let Check::Numeric { value, abs, rel, decimals, significant_figures, unit, locale } = check else {
            return Err(format!("`{}` is not a `numeric` check", check.name()));
        };
        let number = parse(value).ok_or_else(|| format!("`value` {} is not a number", quote(value)))?;
        if number.unit.is_some() {
            return Err(format!("`value` {} holds a unit: put it in `unit`", quote(value)));
        }
        for (name, bound) in [("abs", abs), ("rel", rel)] {
            if bound.is_some_and(|b| !b.is_finite() || b < 0.0) {
                return Err(format!("`{name}` must be a number of at least 0"));
            }
        }
        if *significant_figures == Some(0) {
            return Err("`significant_figures` must be at least 1".to_owned());
        }
        let known = match unit {
            Some(name) => Some(Unit::named(name).ok_or_else(|| {
                format!(
                    "`unit` {} is not known: use a unit such as `km`, `m/s` or `%`, or leave it out",
                    quote(name)
                )
            })?),
            None => None,
        };
        Ok(Self {
            written: unit.as_ref().map_or_else(|| value.clone(), |unit| format!("{value} {unit}")),
            value: number.number,
            unit: known,
            tolerance: Tolerance { abs: *abs, rel: *rel, decimals: *decimals, figures: *significant_figures },
            locale: *locale,
        })
    }

    fn accepts(&self, quantity: &Quantity) -> bool {
        match (self.unit, quantity.unit) {
            (Some(expected), Some(given)) => {
                given.into_other(expected).is_some_and(|factor| self.is_near(&quantity.number.scaled(factor)))
            }
            // Where a fraction of one is expected, 50% is 0.5; where 50 is, it is 50.
            (None, Some(given)) if given.is_fraction() && self.is_below_one() => {
                self.is_near(&quantity.number.scaled(given.factor()))
            }
            _ => self.is_near(&quantity.number),
        }
    }

    fn is_below_one(&self) -> bool {
        let size = || self.value.ratio()?.abs()?.compare(Ratio::integer(1));
        size() == Some(std::cmp::Ordering::Less)
    }

    fn is_near(&self, number: &Number) -> bool {
        let Tolerance { abs, rel, decimals, figures } = self.tolerance;
        number.within(&self.value, abs, rel)
            || decimals.is_some_and(|d| number.same_decimals(&self.value, d))
            || figures.is_some_and(|f| number.same_figures(&self.value, f))
    }
}

impl Rule for Numeric {
    fn check(&self, reading: &Reading, _late: &Late<'_>) -> Finding {
        match find(reading, &Numbers { locale: self.locale }) {
            Answer::Nothing => {
                Finding::no_answer(format!("expected {}, found no number that is an answer", self.written))
            }
            Answer::Ambiguous(detail) => {
                Finding::no_answer(format!("expected {}, found more than one answer: {detail}", self.written))
            }
            Answer::Found(quantity, found) => {
                let verdict = if self.accepts(&quantity) { Verdict::Pass } else { Verdict::Wrong };
                let detail = format!("expected {}, found {}", self.written, quote(&found.text));
                Finding { answer: Some(found), ..Finding::new(verdict, detail) }
            }
        }
    }

    fn keeps(&self, transform: Transform) -> bool {
        // Upper and lower case tell units apart (mg, Mg).
        self.unit.is_none() || !matches!(transform, Transform::LowerCase | Transform::UpperCase)
    }

    fn refuses(&self, what: MustFail) -> bool {
        matches!(what, MustFail::Echo | MustFail::DontKnow | MustFail::Refusal | MustFail::OtherReference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::tests::verdicts;

    fn numeric(value: &str, unit: Option<&str>) -> Check {
        Check::Numeric {
            value: value.to_owned(),
            abs: None,
            rel: None,
            decimals: None,
            significant_figures: None,
            unit: unit.map(str::to_owned),
            locale: Locale::English,
        }
    }

    #[test]
    fn the_answer_is_42() {
        use Verdict::{NoAnswer, Pass, Wrong};
        verdicts(
            &numeric("42", None),
            &[
                ("42", Pass),
                ("42.0", Pass),
                ("Answer: 42", Pass),
                ("The answer is 42.", Pass),
                ("The answer is **42** apples.", Pass),
                ("Answer: $42", Pass),
                ("Answer: \\$42.00", Pass),
                ("Answer: 42 (6 × 7)", Pass),
                ("Answer: 6 * 7 = 42", Pass),
                ("Answer: 6 * 7 = 42 apples", Pass),
                ("Answer: 42 = 6 * 7", Pass),
                ("Answer: x = 42", Pass),
                ("Answer: about 42", Pass),
                ("Answer: 42, because 6 times 8 is 48", Pass),
                ("The final answer is: $\\boxed{42}$", Pass),
                ("\\[\\boxed{42}\\]", Pass),
                ("\\boxed{x = 42}", Pass),
                ("Work: 6, 7\n#### 42", Pass),
                ("#### Step 1: add 40\nfoo\nAnswer: 42", Pass),
                ("Add 40 and 2.\nThe total is **42**.", Pass),
                ("First 6, then 7, so 42", Pass),
                ("So it's 42 [3].", Pass),
                ("So it's 42 (check: 6 * 7 = 42, 42 / 7 = 6)", Pass),
                ("It is 42. (Computed on March 5, 2024)", Pass),
                ("It is 42 at 12:30.", Pass),
                ("Answer: 42\nAnswer: 42", Pass),
                ("Answer: 41\nWait.\nAnswer: 42", Pass),
                ("**Final Answer**\n\n42", Pass),
                ("Answer:\n\n\\[ 42 \\]", Pass),
                ("<think>41?</think>42", Pass),
                ("42\nQuestion: what is 1+1?\nAnswer: 2", Pass),
                ("Answer: 42\n\nQ: 1+1?\nA: 2", Pass),
                ("42<|im_end|>\n7", Pass),
                ("{\"n\": 42}", Pass),
                ("Answer: ４２", Pass),
                ("Answer: 42 or 42.0", Pass),
                ("The answer is not 41.\nIt is 42", Pass),
                ("41", Wrong),
                ("-42", Wrong),
                ("142", Wrong),
                ("42.5", Wrong),
                ("42 thousand", Wrong),
                ("Answer: 41\nso 42", Wrong),
                ("4 2", Wrong),
                ("Answer: 42 or 43", NoAnswer),
                ("Answer: 42 and 43", NoAnswer),
                ("Answer: 42, 43", NoAnswer),
                ("Answer: 42-43", NoAnswer),
                ("Answer: 42/43 or 42", NoAnswer),
                ("The answer is between 42 and 50", NoAnswer),
                ("The answer is that 42 people got 3 each", NoAnswer),
                ("Answer: 42,5", NoAnswer),
                ("42:30", NoAnswer),
                ("I don't know", NoAnswer),
                ("so it is [42]", NoAnswer),
                ("[42]", Pass),
                ("Answer: [42]", Pass),
                ("42 in all.\nAnswer: unknown", NoAnswer),
                ("42 in all.\nAnswer: [42, 43]", NoAnswer),
                ("The answer is found by counting.\nSo 42.", Pass),
                ("forty", NoAnswer),
                ("The answer is not 42.", NoAnswer),
                ("THE ANSWER IS NOT 42.", NoAnswer),
            ],
        );
    }

    #[test]
    fn a_power_ends_where_its_box_or_line_does() {
        verdicts(
            &numeric("1000", None),
            &[
                ("\\boxed{10^3}", Verdict::Pass),
                ("\\boxed{10^{3}}", Verdict::Pass),
                ("\\boxed{1 \\times 10^3}", Verdict::Pass),
                ("Answer: 1000\n* 10^3 is the same", Verdict::Pass),
                ("Answer: 1000\n× 10^3", Verdict::Pass),
            ],
        );
    }

    #[test]
    fn integers_are_never_rounded() {
        use Verdict::{Pass, Wrong};
        verdicts(
            &numeric("123456", None),
            &[
                ("123456", Pass),
                ("123,456", Pass),
                ("123 456", Pass),
                ("123\u{a0}456", Pass),
                ("1.23456e5", Pass),
                ("123457", Wrong),
                ("123456.0000001", Wrong),
            ],
        );
        verdicts(
            &numeric("9007199254740993", None),
            &[("9007199254740993", Pass), ("9007199254740992", Wrong)],
        );
    }

    #[test]
    fn fractions_signs_and_percent() {
        use Verdict::{NoAnswer, Pass, Wrong};
        verdicts(
            &numeric("-2.5", None),
            &[
                ("-2.5", Pass),
                ("−2.5", Pass),
                ("-5/2", Pass),
                ("minus 2.5", Pass),
                ("x = -2 1/2", Pass),
                ("-2½", Pass),
                ("2.5", Wrong),
            ],
        );
        verdicts(
            &numeric("2/3", None),
            &[("2/3", Pass), ("\\frac{2}{3}", Pass), ("4/6", Pass), ("0.67", Wrong)],
        );
        verdicts(
            &numeric("0.5", None),
            &[("50%", Pass), ("1/2", Pass), (".5", Pass), ("0.5%", Wrong), ("0,5", NoAnswer)],
        );
        verdicts(&numeric("50", None), &[("50%", Pass), ("50 \\%", Pass), ("0.5", Wrong)]);
        verdicts(
            &numeric("50", Some("%")),
            &[("50%", Pass), ("50", Pass), ("50 percent", Pass), ("5 %", Wrong)],
        );
    }

    #[test]
    fn a_number_in_an_expression_is_no_answer() {
        use Verdict::{NoAnswer, Pass, Wrong};
        verdicts(
            &numeric("16", None),
            &[
                ("\\boxed{\\sqrt{16}}", NoAnswer),
                ("\\boxed{\\sqrt[3]{16}}", NoAnswer),
                ("Answer: √16", NoAnswer),
                ("\\boxed{16\\sqrt{2}}", NoAnswer),
                ("\\boxed{16\\pi}", NoAnswer),
                ("\\boxed{16 \\pi}", NoAnswer),
                ("Answer: 16π", NoAnswer),
                ("\\boxed{16!}", NoAnswer),
                ("Answer: 16!", Pass),
                ("\\boxed{\\pm 16}", NoAnswer),
                ("x = ±16", NoAnswer),
                ("\\boxed{x \\le 16}", NoAnswer),
                ("$x < 16$", NoAnswer),
                ("Answer: x > 16", NoAnswer),
                ("Answer: x ≠ 16", NoAnswer),
                ("<b>16</b>", Pass),
                ("<td>16</td>", Pass),
                ("> 16", Pass),
                ("so x => 16", Pass),
                ("\\boxed{\\log_{2} 16}", NoAnswer),
                ("\\boxed{\\sin 16}", NoAnswer),
                ("\\boxed{16^x}", NoAnswer),
                ("\\boxed{x^{16}}", NoAnswer),
                ("\\boxed{a_{16}}", NoAnswer),
                ("\\boxed{\\frac{16}{\\pi}}", NoAnswer),
                ("\\boxed{\\frac{\\pi}{16}}", NoAnswer),
                ("\\boxed{|-16|}", NoAnswer),
                ("\\boxed{16.\\overline{3}}", Wrong),
                ("\\boxed{16 \\text{ thousand}}", Wrong),
                ("Answer: 16 and a half", Wrong),
                ("\\boxed{4^2}", Pass),
                ("\\boxed{4^{2}}", Pass),
                ("$4^{2}$", Pass),
                ("4**2", Pass),
                ("the 16^{\\text{th}}", Pass),
                ("\\textcolor{red}{16}", Pass),
                ("Some work.\n**16** km", Pass),
            ],
        );
        verdicts(
            &numeric("7/6", None),
            &[
                ("\\boxed{1.1\\overline{6}}", Pass),
                ("\\boxed{1.1\\bar{6}}", Pass),
                ("\\boxed{\\displaystyle\\frac{7}{6}}", Pass),
                ("\\boxed{\\frac76}", Pass),
                ("\\boxed{-\\frac{7}{6}}", Wrong),
                ("\\boxed{\\frac{-7}{-6}}", Pass),
                ("\\boxed{\\frac{7}{-6}}", Wrong),
            ],
        );
        verdicts(&numeric("1234567", None), &[("1'234'567", Pass), ("1’234’567", Pass)]);
        verdicts(
            &numeric("1.5", Some("km")),
            &[("\\boxed{1500 \\text{ m}}", Pass), ("\\boxed{1.5 \\text{ m}}", Wrong)],
        );
    }

    #[test]
    fn digits_of_other_scripts() {
        use Verdict::{NoAnswer, Pass, Wrong};
        verdicts(
            &numeric("-1234.5", None),
            &[
                ("Answer: -١٢٣٤٫٥", Pass),
                ("الجواب: -١٬٢٣٤٫٥", Pass),
                ("\\boxed{-१,२३४.५}", Pass),
                ("**-၁၂၃၄.၅**", Pass),
                ("คำตอบคือ -๑๒๓๔.๕", Pass),
                ("Answer: －１，２３４．５", Pass),
                ("Answer: 𝟭𝟮𝟯𝟰.𝟱", Wrong),
                ("Answer: -𝟭𝟮𝟯𝟰.𝟱", Pass),
                ("Answer: ١٢٣٤٫٥", Wrong),
                ("Answer: ١٢:٣٠", NoAnswer),
            ],
        );
        verdicts(&numeric("42", None), &[("Answer: ٤٢٪", Pass), ("Answer: ۴۲ apples", Pass), ("٤٣", Wrong)]);
    }

    #[test]
    fn units_convert() {
        use Verdict::{Pass, Wrong};
        verdicts(
            &numeric("1.5", Some("km")),
            &[
                ("1.5 km", Pass),
                ("1.5", Pass),
                ("1500 m", Pass),
                ("1,500 meters", Pass),
                ("1.5 kg", Wrong),
                ("1.5 m", Wrong),
                ("1.5 miles", Wrong),
                ("$1.5 \\text{ km}$", Pass),
                ("$1.5$", Pass),
            ],
        );
        verdicts(
            &numeric("200", Some("minutes")),
            &[
                ("3 hours 20 minutes", Pass),
                ("3 hours and 20 minutes", Pass),
                ("3 h 20 min", Pass),
                ("12000 s", Pass),
                ("3 hours", Wrong),
            ],
        );
        verdicts(
            &numeric("36", Some("km/h")),
            &[("10 m/s", Pass), ("10 meters per second", Pass), ("36 km", Wrong)],
        );
        verdicts(
            &numeric("5", Some("USD")),
            &[("$5", Pass), ("5 dollars", Pass), ("€5", Wrong), ("500 cents", Pass)],
        );
    }

    #[test]
    fn tolerances_are_the_prompts() {
        use Verdict::{Pass, Wrong};
        let tolerant = |abs, rel, decimals, significant_figures| Check::Numeric {
            value: "3.14159".to_owned(),
            abs,
            rel,
            decimals,
            significant_figures,
            unit: None,
            locale: Locale::English,
        };
        verdicts(&tolerant(Some(0.01), None, None, None), &[("3.14", Pass), ("22/7", Pass), ("3.1", Wrong)]);
        verdicts(&tolerant(None, Some(0.001), None, None), &[("3.1417", Pass), ("3.15", Wrong)]);
        verdicts(&tolerant(None, None, Some(2), None), &[("3.14", Pass), ("3.1449", Pass), ("3.15", Wrong)]);
        verdicts(&tolerant(None, None, None, Some(3)), &[("3.14", Pass), ("3.1", Wrong)]);
    }

    #[test]
    fn a_comma_may_be_the_decimal_sign() {
        use Verdict::{NoAnswer, Pass, Wrong};
        let with_comma = |value: &str, unit: Option<&str>| match numeric(value, unit) {
            Check::Numeric { value, abs, rel, decimals, significant_figures, unit, .. } => Check::Numeric {
                value,
                abs,
                rel,
                decimals,
                significant_figures,
                unit,
                locale: Locale::DecimalComma,
            },
            other => other,
        };
        verdicts(
            &with_comma("1234.5", None),
            &[
                ("1.234,5", Pass),
                ("1 234,5", Pass),
                ("1\u{202f}234,5", Pass),
                ("1234,5", Pass),
                ("Antwort: **1.234,50**", Pass),
                ("Answer: 1.234,5 €", Pass),
                ("\\boxed{1.234{,}5}", Pass),
                ("\\boxed{1234{,}5}", Pass),
                ("Also 12, dann 3, zusammen 1.234,5.", Pass),
                ("1.234", Wrong),
                ("1234", Wrong),
                ("1,234.5", NoAnswer),
                ("Answer: 1.234,5 oder 1.234,6", NoAnswer),
                ("Answer: 1.234,5 or 1.234,6", NoAnswer),
            ],
        );
        verdicts(
            &with_comma("0.5", None),
            &[("0,5", Pass), ("1/2", Pass), ("50 %", Pass), ("0.5", NoAnswer), ("-0,5", Wrong)],
        );
        verdicts(
            &with_comma("1500", Some("m")),
            &[("1,5 km", Pass), ("1.500 m", Pass), ("1.5 km", NoAnswer)],
        );
        verdicts(&numeric("1234.5", None), &[("1.234,5", NoAnswer), ("1,234.5", Pass)]);
    }

    #[test]
    fn bad_checks_are_refused() {
        assert!(Numeric::new(&numeric("abc", None)).unwrap_err().contains("\"abc\" is not a number"));
        assert!(Numeric::new(&numeric("5 km", None)).unwrap_err().contains("put it in `unit`"));
        assert!(Numeric::new(&numeric("5", Some("smoot"))).unwrap_err().contains("\"smoot\" is not known"));
    }
}
