//! Arithmetic in several steps, with carries.

use super::super::draft::Draft;
use super::super::random::Random;
use crate::model::prompt::Difficulty::{self, Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![tickets(), discount(), pages(), lorry(), bottles(), fence()]
}

fn number(difficulty: Difficulty, question: String) -> Draft {
    Draft::ask("math", difficulty, question, "number")
}

fn tickets() -> Draft {
    let mut random = Random::of("quant tickets");
    let (sold, returned, price) = (random.between(230, 290), random.between(26, 39), random.between(7, 9));
    let kept = sold - returned;
    let total = kept * price;
    number(
        Easy,
        format!(
            "A theatre sold {sold} tickets at {price} euros each. Because of a storm {returned} of them were returned for the full price. How many euros did the theatre keep?"
        ),
    )
    .working(format!(
        "After the returns {sold} - {returned} = {kept} tickets remain.\nEach of them brought {price} euros, so the theatre kept {kept} x {price} = {{answer}} euros."
    ))
    .number(total, [total + 10, sold * price, total - price])
}

fn discount() -> Draft {
    let mut random = Random::of("quant discount");
    let (price, percent, delivery) =
        (20 * random.between(12, 23), 5 * random.between(3, 7), random.between(6, 9));
    let off = price * percent / 100;
    let total = price - off + delivery;
    number(
        Easy,
        format!(
            "A jacket costs {price} euros. It is reduced by {percent}%, and then a delivery fee of {delivery} euros is added. What is the final amount in euros?"
        ),
    )
    .working(format!(
        "The reduction is {percent}% of {price}, that is {off} euros.\nThe reduced price is {price} - {off} = {} euros.\nWith the delivery fee the amount is {{answer}} euros.",
        price - off
    ))
    .number(total, [total - delivery, total + 10, price - percent + delivery])
}

fn pages() -> Draft {
    let mut random = Random::of("quant pages");
    let (rate, hours, before) = (
        random.such_that(376, 398, |rate| rate % 10 >= 6),
        random.between(46, 49),
        random.between(2567, 2899),
    );
    let (tens, ones) = (rate * (hours / 10 * 10), rate * (hours % 10));
    let total = rate * hours + before;
    number(
        Medium,
        format!(
            "A scanner had already read {before} pages when a new job began. The new job ran for {hours} hours at exactly {rate} pages per hour. How many pages has the scanner read altogether?"
        ),
    )
    .working(format!(
        "The new job: {rate} x {hours} = {rate} x {} + {rate} x {} = {tens} + {ones} = {}.\nTogether with the {before} pages before, the scanner has read {{answer}} pages.",
        hours / 10 * 10,
        hours % 10,
        tens + ones
    ))
    .number(total, [total - 100, total + 1000, total - before])
}

fn lorry() -> Draft {
    let mut random = Random::of("quant lorry");
    let (first, second) = (12 * random.between(5, 6), 12 * random.such_that(5, 8, |speed| speed > 6));
    let (first_leg, second_leg) = (first * 9 / 4, second * 5 / 3);
    let total = first_leg + second_leg;
    number(
        Medium,
        format!(
            "A lorry drives for 2 hours and 15 minutes at {first} km/h, rests for 45 minutes, and then drives for 1 hour and 40 minutes at {second} km/h. How many kilometres does it cover?"
        ),
    )
    .working(format!(
        "First leg: 2.25 h x {first} km/h = {first_leg} km.\nWhile it rests it covers nothing.\nSecond leg: 1 h 40 min is 5/3 h, and 5/3 x {second} = {second_leg} km.\nTogether that is {{answer}} kilometres."
    ))
    .number(total, [total + second * 3 / 4, total - 10, first + second])
}

fn bottles() -> Draft {
    let mut random = Random::of("quant bottles");
    let per_crate = random.such_that(17, 29, |size| size % 2 == 1 && size % 5 != 0);
    let bottles = random.such_that(7200, 9800, |bottles| (9..=14).contains(&(bottles % per_crate)));
    let (crates, rest) = (bottles / per_crate, bottles % per_crate);
    number(
        Medium,
        format!(
            "A winery fills {bottles} bottles and packs them into crates of {per_crate}. Only full crates are sold. How many bottles are left over?"
        ),
    )
    .working(format!(
        "{bottles} / {per_crate} is {crates} and a bit, so there are {crates} full crates.\nThey hold {crates} x {per_crate} = {} bottles.\nThat leaves {{answer}} bottles over.",
        crates * per_crate
    ))
    .number(rest, [rest + 1, per_crate - rest, rest - 2])
}

fn fence() -> Draft {
    let mut random = Random::of("quant fence");
    let (ana, ben, cleo) = (6 + 2 * random.between(0, 1), 9 + 3 * random.between(0, 1), 15);
    let whole = ana * ben * cleo;
    let done = ben * cleo + ana * cleo + ana * ben;
    let fraction = |part: i64| {
        let divisor = greatest_common_divisor(part, whole);
        format!("{}/{}", part / divisor, whole / divisor)
    };
    let left = fraction(whole - done);
    // The usual slip: adding the denominators.
    let sum = ana + ben + cleo;
    let slip = greatest_common_divisor(sum - 3, sum);
    let averaged = format!("{}/{}", (sum - 3) / slip, sum / slip);
    Draft::ask(
        "math",
        Hard,
        format!(
            "Alone, Ana would paint a fence in {ana} hours, Ben in {ben} hours and Cleo in {cleo} hours. All three paint together for exactly one hour. What fraction of the fence is still unpainted?"
        ),
        "fraction in lowest terms",
    )
    .working(format!(
        "In one hour they paint 1/{ana} + 1/{ben} + 1/{cleo} of the fence.\nOver a common denominator this sum is {}.\nThe rest, 1 - {}, is {{answer}} of the fence.",
        fraction(done),
        fraction(done)
    ))
    .number(left.as_str(), [fraction(done).as_str(), &averaged])
}

fn greatest_common_divisor(left: i64, right: i64) -> i64 {
    if right == 0 { left } else { greatest_common_divisor(right, left % right) }
}
