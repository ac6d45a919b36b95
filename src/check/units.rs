//! Units and what they convert to. Factors are exact by definition (SI brochure, 9th edition;
//! international yard and pound of 1959; US liquid measures); a decimal prefix is decimal
//! (1 KB = 1000 bytes), a binary one binary (1 KiB = 1024 bytes). Temperatures are not converted.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::rational::Ratio;

/// What a unit measures. Only units of one kind convert into each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Length,
    Mass,
    Time,
    Months,
    Volume,
    Area,
    Data,
    Fraction,
    Energy,
    Power,
    Pressure,
    Force,
    Frequency,
    Voltage,
    Current,
    Resistance,
    Amount,
    Angle,
    Celsius,
    Fahrenheit,
    Kelvin,
    InternationalUnit,
    Dollar,
    Euro,
    Pound,
    Yen,
    Rupee,
    Franc,
}

/// A unit: what it measures (with a slash: per what) and its size in the kind's base unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    kind: (Kind, Option<Kind>),
    factor: Ratio,
}

/// Kind, size in the kind's base unit (numerator, denominator), names. A space inside a name is
/// written `_`. Names of up to two characters, and those with a capital letter, keep their case.
const TABLE: &[(Kind, i128, i128, &str)] = &[
    (Kind::Length, 1, 1_000_000_000, "nm nanometer nanometers nanometre nanometres"),
    (Kind::Length, 1, 1_000_000, "μm um micrometer micrometers micrometre micrometres micron microns"),
    (Kind::Length, 1, 1000, "mm millimeter millimeters millimetre millimetres"),
    (Kind::Length, 1, 100, "cm centimeter centimeters centimetre centimetres"),
    (Kind::Length, 1, 10, "dm decimeter decimeters decimetre decimetres"),
    (Kind::Length, 1, 1, "m meter meters metre metres"),
    (Kind::Length, 1000, 1, "km kilometer kilometers kilometre kilometres"),
    (Kind::Length, 254, 10_000, "in inch inches"),
    (Kind::Length, 3048, 10_000, "ft foot feet"),
    (Kind::Length, 9144, 10_000, "yd yard yards"),
    (Kind::Length, 1_609_344, 1000, "mi mile miles"),
    (Kind::Length, 1852, 1, "nmi nautical_mile nautical_miles"),
    (Kind::Mass, 1, 1_000_000_000, "μg ug mcg microgram micrograms"),
    (Kind::Mass, 1, 1_000_000, "mg milligram milligrams"),
    (Kind::Mass, 1, 1000, "g gram grams gramme grammes"),
    (Kind::Mass, 1, 1, "kg kilo kilos kilogram kilograms kilogramme kilogrammes"),
    (Kind::Mass, 1000, 1, "t tonne tonnes metric_ton metric_tons"),
    (Kind::Mass, 45_359_237, 100_000_000, "lb lbs pound pounds"),
    (Kind::Mass, 45_359_237, 1_600_000_000, "oz ounce ounces"),
    (Kind::Time, 1, 1_000_000_000, "ns nanosecond nanoseconds"),
    (Kind::Time, 1, 1_000_000, "μs us microsecond microseconds"),
    (Kind::Time, 1, 1000, "ms millisecond milliseconds"),
    (Kind::Time, 1, 1, "s sec secs second seconds"),
    (Kind::Time, 60, 1, "min mins minute minutes"),
    (Kind::Time, 3600, 1, "h hr hrs hour hours"),
    (Kind::Time, 86_400, 1, "d day days"),
    (Kind::Time, 604_800, 1, "wk week weeks"),
    // Months and years differ in length, so they convert among themselves only.
    (Kind::Months, 1, 1, "month months"),
    (Kind::Months, 12, 1, "yr yrs year years"),
    (Kind::Volume, 1, 1_000_000_000, "μl μL ul uL microliter microliters microlitre microlitres"),
    (
        Kind::Volume,
        1,
        1_000_000,
        "ml mL milliliter milliliters millilitre millilitres cc cm3 cm^3 cubic_centimeter cubic_centimeters cubic_centimetre cubic_centimetres",
    ),
    (Kind::Volume, 1, 100_000, "cl cL centiliter centiliters centilitre centilitres"),
    (Kind::Volume, 1, 10_000, "dl dL deciliter deciliters decilitre decilitres"),
    (Kind::Volume, 1, 1000, "l L liter liters litre litres dm3 dm^3"),
    (Kind::Volume, 1, 1, "m3 m^3 cubic_meter cubic_meters cubic_metre cubic_metres"),
    (Kind::Volume, 3_785_411_784, 1_000_000_000_000, "gal gallon gallons"),
    (Kind::Volume, 946_352_946, 1_000_000_000_000, "qt quart quarts"),
    (Kind::Volume, 473_176_473, 1_000_000_000_000, "pt pint pints"),
    (Kind::Volume, 2_365_882_365, 10_000_000_000_000, "cup cups"),
    (
        Kind::Area,
        1,
        1_000_000,
        "mm2 mm^2 square_millimeter square_millimeters square_millimetre square_millimetres",
    ),
    (
        Kind::Area,
        1,
        10_000,
        "cm2 cm^2 square_centimeter square_centimeters square_centimetre square_centimetres",
    ),
    (Kind::Area, 1, 1, "m2 m^2 sqm square_meter square_meters square_metre square_metres"),
    (Kind::Area, 10_000, 1, "ha hectare hectares"),
    (
        Kind::Area,
        1_000_000,
        1,
        "km2 km^2 square_kilometer square_kilometers square_kilometre square_kilometres",
    ),
    (Kind::Area, 9_290_304, 100_000_000, "ft2 ft^2 sq_ft square_foot square_feet"),
    (Kind::Area, 40_468_564_224, 10_000_000, "acre acres"),
    (Kind::Data, 1, 8, "bit bits"),
    (Kind::Data, 1, 1, "B byte bytes"),
    (Kind::Data, 1000, 8, "kbit kilobit kilobits"),
    (Kind::Data, 1_000_000, 8, "Mbit Mb megabit megabits"),
    (Kind::Data, 1_000_000_000, 8, "Gbit Gb gigabit gigabits"),
    (Kind::Data, 1000, 1, "kB KB kilobyte kilobytes"),
    (Kind::Data, 1_000_000, 1, "MB megabyte megabytes"),
    (Kind::Data, 1_000_000_000, 1, "GB gigabyte gigabytes"),
    (Kind::Data, 1_000_000_000_000, 1, "TB terabyte terabytes"),
    (Kind::Data, 1 << 10, 1, "KiB kibibyte kibibytes"),
    (Kind::Data, 1 << 20, 1, "MiB mebibyte mebibytes"),
    (Kind::Data, 1 << 30, 1, "GiB gibibyte gibibytes"),
    (Kind::Data, 1 << 40, 1, "TiB tebibyte tebibytes"),
    (Kind::Fraction, 1, 100, "% percent per_cent pct"),
    (Kind::Fraction, 1, 1000, "‰ per_mille"),
    (Kind::Fraction, 1, 10_000, "bps basis_point basis_points"),
    (Kind::Fraction, 1, 1_000_000, "ppm"),
    (Kind::Energy, 1, 1, "J joule joules"),
    (Kind::Energy, 1000, 1, "kJ kilojoule kilojoules"),
    (Kind::Energy, 1_000_000, 1, "MJ megajoule megajoules"),
    (Kind::Energy, 4184, 1000, "cal calorie calories"),
    (Kind::Energy, 4184, 1, "kcal kilocalorie kilocalories"),
    (Kind::Energy, 3600, 1, "Wh watt-hour watt-hours"),
    (Kind::Energy, 3_600_000, 1, "kWh kilowatt-hour kilowatt-hours kilowatt_hour kilowatt_hours"),
    (Kind::Power, 1, 1000, "mW milliwatt milliwatts"),
    (Kind::Power, 1, 1, "W watt watts"),
    (Kind::Power, 1000, 1, "kW kilowatt kilowatts"),
    (Kind::Power, 1_000_000, 1, "MW megawatt megawatts"),
    (Kind::Pressure, 1, 1, "Pa pascal pascals"),
    (Kind::Pressure, 1000, 1, "kPa kilopascal kilopascals"),
    (Kind::Pressure, 100_000, 1, "bar bars"),
    (Kind::Pressure, 101_325, 1, "atm atmosphere atmospheres"),
    (Kind::Pressure, 133_322_387_415, 1_000_000_000, "mmHg mm_Hg"),
    (Kind::Force, 1, 1, "N newton newtons"),
    (Kind::Force, 1000, 1, "kN kilonewton kilonewtons"),
    (Kind::Frequency, 1, 1, "Hz hertz"),
    (Kind::Frequency, 1000, 1, "kHz kilohertz"),
    (Kind::Frequency, 1_000_000, 1, "MHz megahertz"),
    (Kind::Frequency, 1_000_000_000, 1, "GHz gigahertz"),
    (Kind::Voltage, 1, 1000, "mV millivolt millivolts"),
    (Kind::Voltage, 1, 1, "V volt volts"),
    (Kind::Voltage, 1000, 1, "kV kilovolt kilovolts"),
    (Kind::Current, 1, 1000, "mA milliamp milliamps milliampere milliamperes"),
    (Kind::Current, 1, 1, "A amp amps ampere amperes"),
    (Kind::Resistance, 1, 1, "Ω ohm ohms"),
    (Kind::Resistance, 1000, 1, "kΩ kiloohm kiloohms kilohm kilohms"),
    (Kind::Amount, 1, 1000, "mmol millimole millimoles"),
    (Kind::Amount, 1, 1, "mol mole moles"),
    (Kind::Angle, 1, 1, "° deg degree degrees"),
    (Kind::Celsius, 1, 1, "°C celsius degrees_celsius degree_celsius degrees_C"),
    (Kind::Fahrenheit, 1, 1, "°F fahrenheit degrees_fahrenheit degree_fahrenheit degrees_F"),
    (Kind::Kelvin, 1, 1, "K kelvin kelvins"),
    (Kind::InternationalUnit, 1, 1, "IU international_unit international_units"),
    (Kind::Dollar, 1, 1, "$ USD US$ dollar dollars"),
    (Kind::Dollar, 1, 100, "¢ cent cents"),
    (Kind::Euro, 1, 1, "€ EUR euro euros"),
    (Kind::Pound, 1, 1, "£ GBP pounds_sterling"),
    (Kind::Yen, 1, 1, "¥ JPY yen"),
    (Kind::Rupee, 1, 1, "₹ INR rupee rupees Rs"),
    (Kind::Franc, 1, 1, "CHF franc francs"),
];

/// Speeds that are not written with a slash, in metres per second.
const SPEEDS: &[(i128, i128, &str)] =
    &[(1000, 3600, "kph kmh kmph"), (1_609_344, 3_600_000, "mph"), (1852, 3600, "kn knot knots")];

static UNITS: LazyLock<HashMap<String, Unit>> = LazyLock::new(|| {
    let simple = TABLE.iter().map(|(kind, num, den, names)| ((*kind, None), *num, *den, *names));
    let speeds = SPEEDS.iter().map(|(n, d, names)| ((Kind::Length, Some(Kind::Time)), *n, *d, *names));
    let mut units = HashMap::new();
    for (kind, num, den, names) in simple.chain(speeds) {
        for name in names.split(' ') {
            if let Some(factor) = Ratio::new(num, den) {
                units.insert(name.replace('_', " "), Unit { kind, factor });
            }
        }
    }
    units
});

impl Unit {
    /// The unit of that name: `kg`, `square metres`, `km/h`, `miles per hour`.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.trim();
        if let Some(unit) = Self::simple(name) {
            return Some(unit);
        }
        let (top, bottom) = name.split_once('/').or_else(|| name.split_once(" per "))?;
        let (top, bottom) = (Self::simple(top.trim())?, Self::simple(bottom.trim())?);
        match (top.kind, bottom.kind) {
            ((kind, None), (per, None)) => {
                Some(Self { kind: (kind, Some(per)), factor: top.factor.div(bottom.factor)? })
            }
            _ => None,
        }
    }

    fn simple(name: &str) -> Option<Self> {
        UNITS
            .get(name)
            .or_else(|| if name.chars().count() > 2 { UNITS.get(&name.to_lowercase()) } else { None })
            .copied()
    }

    /// What to multiply a value in this unit by to get it in `other`; nothing for another kind.
    pub(super) fn into_other(self, other: Self) -> Option<Ratio> {
        if self.kind == other.kind { self.factor.div(other.factor) } else { None }
    }

    /// Whether it is a fraction of one: %, ‰, ppm.
    pub(super) fn is_fraction(self) -> bool {
        self.kind == (Kind::Fraction, None)
    }

    /// Its size in the kind's base unit.
    pub(super) fn factor(self) -> Ratio {
        self.factor
    }

    /// Whether a value may be given in two units of this kind, the larger one first (5 ft 3 in).
    pub(super) fn is_compound(self) -> bool {
        matches!(self.kind, (Kind::Time | Kind::Months | Kind::Length | Kind::Mass, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions() {
        for (from, to, num, den) in [
            ("km", "m", 1000, 1),
            ("inch", "cm", 254, 100),
            ("feet", "in", 12, 1),
            ("miles", "km", 1_609_344, 1_000_000),
            ("lb", "oz", 16, 1),
            ("hours", "min", 60, 1),
            ("L", "mL", 1000, 1),
            ("gallons", "quarts", 4, 1),
            ("km/h", "m/s", 1000, 3600),
            ("miles per hour", "mph", 1, 1),
            ("kilometers per hour", "kph", 1, 1),
            ("hectares", "m^2", 10_000, 1),
            ("acres", "square feet", 43_560, 1),
            ("GiB", "MiB", 1024, 1),
            ("GB", "MB", 1000, 1),
            ("MB", "Mb", 8, 1),
            ("%", "ppm", 10_000, 1),
            ("kWh", "kJ", 3600, 1),
            ("mg/dL", "g/L", 1, 100),
            ("Minutes", "SECONDS", 60, 1),
            ("cents", "USD", 1, 100),
        ] {
            let (from_unit, to_unit) = (Unit::named(from).unwrap(), Unit::named(to).unwrap());
            assert_eq!(from_unit.into_other(to_unit), Ratio::new(num, den), "{from} to {to}");
        }
    }

    #[test]
    fn kinds_do_not_mix() {
        for (from, to) in [("km", "kg"), ("km", "km/h"), ("€", "$"), ("°C", "°F"), ("mg", "mL")] {
            assert_eq!(Unit::named(from).unwrap().into_other(Unit::named(to).unwrap()), None);
        }
        for unknown in ["", "apples", "KM/apple", "/", "Mg"] {
            assert_eq!(Unit::named(unknown), None, "{unknown}");
        }
    }
}
