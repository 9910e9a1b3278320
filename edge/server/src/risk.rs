//! `plomb risk`: train the declaration model, and measure it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use plomb_risk::feedback::{Plan, Shares, Week, precision, simulate};
use plomb_risk::measure::{Figures, Judged, figures};
use plomb_risk::{Attribute, Features, Inspected, Model, Training, table, train};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value, json};

/// Rows whose scores and explanations are timed: enough for a steady mean, and seconds at most.
const TIMED_ROWS: usize = 2_000;
/// Exact explanations take longer.
const TIMED_EXACTLY: usize = 200;
/// Weeks at either end of which precision is told.
const HALF_YEAR_WEEKS: usize = 26;
/// Random weeks before there is a model.
const WARM_UP_WEEKS: usize = 6;
/// Seeds at most: each runs the whole loop.
const SEEDS_MAX: u64 = 100;

#[derive(Debug, Subcommand)]
pub(crate) enum RiskCommand {
    /// Train on declarations and write the model to a file.
    Train(TrainArguments),
    /// Train on earlier declarations and say how well later ones are ranked.
    Evaluate(EvaluateArguments),
    /// Live through the declarations week by week, learning only from what was inspected.
    Feedback(FeedbackArguments),
}

/// What the model may look at.
#[derive(Clone, Copy, Debug, Args)]
struct FeatureArguments {
    /// Leave out features made of figures repeated to the digit, which in synthetic data give the answer away.
    #[arg(long)]
    no_repeated_tuples: bool,
}

impl FeatureArguments {
    const fn features(self) -> Features {
        if self.no_repeated_tuples { Features::Plain } else { Features::WithRepeated }
    }

    const fn protocol(self) -> &'static str {
        if self.no_repeated_tuples { "without-repeated-tuples" } else { "as-published" }
    }
}

#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// Inspected declarations, CSV.
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// Later ones, that say when to stop and what a score means.
    #[arg(long, value_name = "FILE")]
    valid: PathBuf,
    /// Where the model goes.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArguments {
    /// Inspected declarations to learn from, CSV.
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// Later ones, that say when to stop and what a score means.
    #[arg(long, value_name = "FILE")]
    valid: PathBuf,
    /// Still later ones, that are ranked.
    #[arg(long, value_name = "FILE")]
    test: PathBuf,
    #[command(flatten)]
    features: FeatureArguments,
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FeedbackArguments {
    /// Declarations, CSV; those of --valid and --test are added.
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// More of them.
    #[arg(long, value_name = "FILE")]
    valid: Option<PathBuf>,
    /// More of them.
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    #[command(flatten)]
    features: FeatureArguments,
    /// Share of each week's declarations that can be inspected.
    #[arg(long, default_value_t = 0.1)]
    budget: f64,
    /// Share of inspections for those the model is least sure of.
    #[arg(long, default_value_t = 0.0)]
    uncertain: f64,
    /// Share of inspections by lot.
    #[arg(long, default_value_t = 0.0)]
    random: f64,
    /// How many times, each with other lots.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(command: &RiskCommand) -> anyhow::Result<ExitCode> {
    match command {
        RiskCommand::Train(arguments) => write_model(arguments)?,
        RiskCommand::Evaluate(arguments) => evaluate(arguments)?,
        RiskCommand::Feedback(arguments) => feedback(arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> anyhow::Result<Vec<Inspected>> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let rows =
        table::read(std::io::BufReader::new(file)).with_context(|| format!("reading {}", path.display()))?;
    if rows.is_empty() {
        bail!("{} has no rows", path.display());
    }
    Ok(rows)
}

fn write_model(arguments: &TrainArguments) -> anyhow::Result<()> {
    let model = train(&Training::new(Features::Plain), &read(&arguments.train)?, &read(&arguments.valid)?)?;
    let file = File::create(&arguments.output)
        .with_context(|| format!("creating {}", arguments.output.display()))?;
    let mut file = std::io::BufWriter::new(file);
    serde_json::to_writer(&mut file, &model)
        .with_context(|| format!("writing {}", arguments.output.display()))?;
    file.flush().with_context(|| format!("writing {}", arguments.output.display()))?;
    writeln!(std::io::stdout(), "{} trees written to {}", model.trees(), arguments.output.display())?;
    Ok(())
}

/// CPU seconds this process has used.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "seconds and nanoseconds of one run")]
    let seconds = time.tv_sec as f64 + time.tv_nsec as f64 / 1e9;
    seconds
}

/// CPU microseconds a row that a piece of work takes.
fn microseconds_a_row(rows: &[Inspected], mut work: impl FnMut(&Inspected)) -> f64 {
    let before = cpu_seconds();
    rows.iter().for_each(&mut work);
    #[expect(clippy::cast_precision_loss, reason = "a few thousand rows")]
    let each = (cpu_seconds() - before) * 1e6 / rows.len().max(1) as f64;
    each
}

/// What a row is cold by: its HS code and mass, to the digit.
fn tuple(row: &Inspected) -> (&str, Option<u64>) {
    (row.declaration.said(Attribute::Hs6), row.declaration.net_mass_kg.map(f64::to_bits))
}

fn judged<'a>(model: &Model, rows: impl Iterator<Item = &'a Inspected>) -> Vec<Judged> {
    rows.map(|row| Judged {
        score: model.score(&row.declaration).log_odds,
        guilty: row.guilty,
        at_stake: row.at_stake,
    })
    .collect()
}

fn evaluate(arguments: &EvaluateArguments) -> anyhow::Result<()> {
    let (training, valid, test) = (read(&arguments.train)?, read(&arguments.valid)?, read(&arguments.test)?);
    let before = cpu_seconds();
    let model = train(&Training::new(arguments.features.features()), &training, &valid)?;
    let training_cpu_seconds = cpu_seconds() - before;
    let all = figures(&judged(&model, test.iter()));
    let seen: BTreeSet<_> = training.iter().chain(&valid).map(tuple).collect();
    let cold = figures(&judged(&model, test.iter().filter(|row| !seen.contains(&tuple(row)))));

    let timed = test.get(..TIMED_ROWS).unwrap_or(&test);
    let exactly = test.get(..TIMED_EXACTLY).unwrap_or(&test);
    let score = microseconds_a_row(timed, |row| {
        std::hint::black_box(model.score(&row.declaration));
    });
    let explain = microseconds_a_row(timed, |row| {
        std::hint::black_box(model.explain(&row.declaration));
    });
    let exact = microseconds_a_row(exactly, |row| {
        std::hint::black_box(model.explain_exactly(&row.declaration));
    });
    let (brier, calibration_error) = calibration(&model, &test);

    let mut out = std::io::stdout().lock();
    if arguments.json {
        let mut answer = told(&all);
        answer.insert("protocol".into(), json!(arguments.features.protocol()));
        answer.insert("cold".into(), Value::Object(told(&cold)));
        answer.insert("training_rows".into(), json!(training.len()));
        answer.insert("training_cpu_seconds".into(), json!(training_cpu_seconds));
        answer.insert("trees".into(), json!(model.trees()));
        answer.insert("score_microseconds_per_row".into(), json!(score));
        answer.insert("explain_microseconds_per_row".into(), json!(explain));
        answer.insert("explain_exact_microseconds_per_row".into(), json!(exact));
        answer.insert("brier".into(), json!(brier));
        answer.insert("calibration_error".into(), json!(calibration_error));
        writeln!(out, "{}", Value::Object(answer))?;
        return Ok(());
    }
    writeln!(
        out,
        "{} rows ranked, trained {} on {} rows",
        all.rows,
        arguments.features.protocol(),
        training.len()
    )?;
    for (name, figures) in [("all", &all), ("cold", &cold)] {
        print(&mut out, name, figures)?;
    }
    writeln!(out, "training {training_cpu_seconds:.1} CPU s, {} trees", model.trees())?;
    writeln!(out, "CPU us a row: score {score:.1}, explain {explain:.1}, explain exactly {exact:.0}")?;
    writeln!(out, "probabilities: Brier {brier:.3}, off by {calibration_error:.3} on average")?;
    Ok(())
}

/// The mean squared error of probabilities, and by how much they miss what was found, on average over tenths of rows.
fn calibration(model: &Model, rows: &[Inspected]) -> (f64, f64) {
    let mut pairs: Vec<(f64, f64)> = rows
        .iter()
        .map(|row| (model.score(&row.declaration).probability, f64::from(u8::from(row.guilty))))
        .collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
    let mean = |sum: f64, rows: usize| sum / rows.max(1) as f64;
    let brier = mean(pairs.iter().map(|(p, y)| (p - y).powi(2)).sum(), pairs.len());
    let off = pairs
        .chunks(pairs.len().div_ceil(10).max(1))
        .map(|tenth| tenth.iter().map(|(p, y)| p - y).sum::<f64>().abs())
        .sum();
    (brier, mean(off, pairs.len()))
}

/// Figures by name, budgets as percent.
fn told(figures: &Figures) -> Map<String, Value> {
    let by_budget = |of: fn(&plomb_risk::measure::AtBudget) -> f64| {
        let pairs = figures.at.iter().map(|at| (format!("{:.0}", at.budget * 100.0), json!(of(at))));
        Value::Object(pairs.collect())
    };
    let mut told = Map::new();
    told.insert("rows".into(), json!(figures.rows));
    told.insert("guilty".into(), json!(figures.guilty));
    told.insert("auc".into(), json!(figures.auc));
    told.insert("average_precision".into(), json!(figures.average_precision));
    told.insert("precision".into(), by_budget(|at| at.precision));
    told.insert("recall".into(), by_budget(|at| at.recall));
    told.insert("value_recall".into(), by_budget(|at| at.value_recall));
    told
}

fn print(out: &mut impl Write, name: &str, figures: &Figures) -> std::io::Result<()> {
    let or_none =
        |figure: Option<f64>| figure.map_or_else(|| "none".to_owned(), |figure| format!("{figure:.3}"));
    writeln!(
        out,
        "{name:>5}: {} rows, {} guilty, AUC {}, average precision {}",
        figures.rows,
        figures.guilty,
        or_none(figures.auc),
        or_none(figures.average_precision)
    )?;
    for at in &figures.at {
        writeln!(
            out,
            "       top {:>2.0} %: precision {:.3}, recall {:.3}, value recall {:.3}",
            at.budget * 100.0,
            at.precision,
            at.recall,
            at.value_recall
        )?;
    }
    Ok(())
}

fn feedback(arguments: &FeedbackArguments) -> anyhow::Result<()> {
    let share = 0.0..=1.0;
    if !share.contains(&arguments.budget) || arguments.budget == 0.0 {
        bail!("--budget is a share above 0 and up to 1, as 0.1");
    }
    let exploit = 1.0 - arguments.uncertain - arguments.random;
    if ![arguments.uncertain, arguments.random, exploit].iter().all(|part| share.contains(part)) {
        bail!("--uncertain and --random are shares that leave something of 1, as 0.07 and 0.03");
    }
    if !(1..=SEEDS_MAX).contains(&arguments.seeds) {
        bail!("--seeds is 1 to {SEEDS_MAX}");
    }
    let mut rows = read(&arguments.train)?;
    for more in [&arguments.valid, &arguments.test].into_iter().flatten() {
        rows.extend(read(more)?);
    }
    let shares = Shares { exploit, uncertain: arguments.uncertain, random: arguments.random };
    let before = cpu_seconds();
    let runs: Vec<Vec<Week>> = (1..=arguments.seeds)
        .map(|seed| {
            simulate(
                &rows,
                &Plan {
                    budget: arguments.budget,
                    warm_up_weeks: WARM_UP_WEEKS,
                    shares,
                    seed,
                    training: Training::weekly(arguments.features.features()),
                },
            )
        })
        .collect::<Result<_, _>>()?;
    let spent = cpu_seconds() - before;
    tell_loop(arguments, shares, rows.len(), &runs, spent)
}

fn tell_loop(
    arguments: &FeedbackArguments,
    shares: Shares,
    rows: usize,
    runs: &[Vec<Week>],
    cpu_seconds: f64,
) -> anyhow::Result<()> {
    let half_year =
        |run: &Vec<Week>| run.get(run.len().saturating_sub(HALF_YEAR_WEEKS)..).unwrap_or(run).to_vec();
    let last: Vec<Week> = runs.iter().flat_map(half_year).collect();
    let first: Vec<Week> =
        runs.iter().flat_map(|run| run.iter().skip(WARM_UP_WEEKS).take(HALF_YEAR_WEEKS).copied()).collect();
    let exploited = |weeks: &[Week]| {
        precision(
            &weeks
                .iter()
                .map(|week| Week { inspected: week.exploited, found: week.exploited_found, ..*week })
                .collect::<Vec<_>>(),
        )
    };
    let mut out = std::io::stdout().lock();
    if arguments.json {
        let answer = json!({
            "protocol": arguments.features.protocol(),
            "rows": rows,
            "weeks": runs.first().map_or(0, Vec::len),
            "warm_up_weeks": WARM_UP_WEEKS,
            "budget": arguments.budget,
            "shares": shares,
            "seeds": arguments.seeds,
            "precision_first_26_weeks": precision(&first),
            "precision_last_26_weeks": precision(&last),
            "exploit_precision_last_26_weeks": exploited(&last),
            "cpu_seconds": cpu_seconds,
            "runs": runs,
        });
        writeln!(out, "{answer}")?;
        return Ok(());
    }
    writeln!(out, "{} declarations, {} weeks, {} seeds", rows, runs.first().map_or(0, Vec::len), runs.len())?;
    writeln!(out, "precision, first 26 weeks with a model: {:.3}", precision(&first))?;
    writeln!(
        out,
        "precision, last 26 weeks: {:.3}; of the likeliest only: {:.3}",
        precision(&last),
        exploited(&last)
    )?;
    writeln!(out, "{cpu_seconds:.0} CPU s")?;
    Ok(())
}
