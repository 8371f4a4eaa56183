// The stopping rules of elbert_core/policies, replayed over one record in the browser, so that a
// bound can be dragged without a message to the server. What a rule reads (entropy, gaps, labels)
// comes from the server as it stands there, in single precision; here it is only compared and
// counted. A bound is rounded to single precision first, as numpy does.

/**
 * What a record gives a rule: one entry a layer.
 * @typedef {object} Signals
 * @property {number[]} label most probable label
 * @property {number[]} confidence its probability
 * @property {number[]} gap its probability less that of the runner-up
 * @property {number[]} entropy share of the maximum
 * @property {number[]} entropy_nats
 * @property {(number|null)[]} divergence from the layer before, in nats; null at the first
 * @property {number[]} [energy] where the record has logits
 */

/**
 * One condition: what was seen after each layer, and whether that was enough.
 * @typedef {{reason: number, value: number[], met: boolean[]}} Check
 */

/** @typedef {Record<string, number|string>} Settings a rule's numbers by name, and its `kind` */

/** The numbers of `ExitReason`. */
export const REASON = {
  CONTINUE: 0,
  LOW_ENTROPY: 1,
  HIGH_CONFIDENCE: 2,
  WINDOW: 3,
  PATIENCE: 4,
  STEADY_DISTRIBUTION: 5,
  FIXED_LAYER: 6,
  LAST_LAYER: 7,
  RULE: 8,
};

/**
 * Layers in a row, this one included, that hold; a run begins anew where it may not go on.
 * @param {boolean[]} holds
 * @param {(layer: number) => boolean} goesOn
 * @returns {number[]}
 */
function runs(holds, goesOn = () => true) {
  let run = 0;
  return holds.map((held, layer) => (run = held ? (goesOn(layer) ? run : 0) + 1 : 0));
}

/** @type {(reason: number, value: number[], bound: number) => Check} */
const under = (reason, value, bound) => ({ reason, value, met: value.map((v) => v < Math.fround(bound)) });

/** @type {(reason: number, value: number[], bound: number) => Check} */
const atLeast = (reason, value, bound) => ({ reason, value, met: value.map((v) => v >= bound) });

/** @type {(signals: Signals) => (layer: number) => boolean} */
const agrees = ({ label }) => (layer) => layer > 0 && label[layer] === label[layer - 1];

/** @type {(values: (number|null)[], bound: number) => number[]} */
const runUnder = (values, bound) => runs(values.map((v) => v !== null && v < Math.fround(bound)));

/**
 * ELBERT's second stage, with the third condition of its "stable" form.
 * @param {Settings} rule
 * @param {Signals} signals
 * @returns {Check[]}
 */
function agreement(rule, signals) {
  const { confidence, gap } = signals;
  const [size, count] = [rule.window_size, gap.length];
  const outside = gap.map((value) => value > Math.fround(2 * rule.margin));
  const same = agrees(signals);
  if (rule.rule === "monotone") {
    const rises = (layer) => same(layer) && confidence[layer] >= confidence[layer - 1];
    const rising = runs(outside.map(() => true), rises);
    const met = rising.map((run, layer) => run >= size && outside[layer - size + 1] === true);
    const full = Math.min(size, count + 1);
    const value = runs(outside, rises).map((run, layer) =>
      met[layer] ? Math.max(run, full) : Math.min(run, full - 1),
    );
    return [{ reason: REASON.WINDOW, value, met }];
  }
  const window = atLeast(REASON.WINDOW, runs(outside, same), size);
  if (rule.rule !== "stable") return [window];
  const value = confidence.map((_, layer) => {
    const last = confidence.slice(Math.max(layer - size + 1, 0), layer + 1);
    return Math.fround(Math.max(...last) - Math.min(...last));
  });
  const most = Math.fround(rule.max_range);
  return [window, { reason: REASON.WINDOW, value, met: value.map((spread) => spread <= most) }];
}

/**
 * Every rule that can be replayed here: its conditions, and which of its settings is a height
 * (`line`: of which signal), a number of layers in a row (`run`: of `more` layers than it counts)
 * or the layer itself (`door`).
 */
export const RULES = {
  window: {
    line: { of: () => "entropy", setting: "entropy_threshold" },
    run: { setting: "window_size", more: 0, check: 1 },
    checks: (rule, signals) => [
      under(REASON.LOW_ENTROPY, signals.entropy, rule.entropy_threshold),
      ...agreement(rule, signals),
    ],
  },
  entropy: {
    line: { of: (rule) => (rule.unit === "nats" ? "entropy_nats" : "entropy"), setting: "threshold" },
    checks: (rule, signals) => {
      const seen = rule.unit === "nats" ? signals.entropy_nats : signals.entropy;
      return [under(REASON.LOW_ENTROPY, seen, rule.threshold)];
    },
  },
  confidence: {
    line: { of: () => "confidence", setting: "threshold" },
    checks: (rule, { confidence }) => {
      const met = confidence.map((value) => value > Math.fround(rule.threshold));
      return [{ reason: REASON.HIGH_CONFIDENCE, value: confidence, met }];
    },
  },
  energy: {
    line: { of: () => "energy", setting: "threshold" },
    checks: (rule, signals) => [under(REASON.RULE, signals.energy, rule.threshold)],
  },
  patience: {
    run: { setting: "patience", more: 1, check: 0 },
    checks: (rule, signals) => {
      const confirmed = runs(signals.label.map(() => true), agrees(signals)).map((run) => run - 1);
      return [atLeast(REASON.PATIENCE, confirmed, rule.patience)];
    },
  },
  distribution_patience: {
    line: { of: () => "divergence", setting: "threshold" },
    run: { setting: "patience", more: 1, check: 0 },
    checks: (rule, { divergence }) => [
      atLeast(REASON.STEADY_DISTRIBUTION, runUnder(divergence, rule.threshold), rule.patience),
    ],
  },
  consecutive_confidence: {
    line: { of: () => "entropy", setting: "threshold" },
    run: { setting: "patience", more: 0, check: 0 },
    checks: (rule, { entropy }) => [
      atLeast(REASON.RULE, runUnder(entropy, rule.threshold), rule.patience),
    ],
  },
  fixed: {
    door: { setting: "layer" },
    checks: (rule, { label }) => [
      atLeast(REASON.FIXED_LAYER, label.map((_, layer) => layer + 1), rule.layer),
    ],
  },
  never: { checks: () => [] },
};

/**
 * Where a record leaves.
 * @param {Settings} rule
 * @param {Signals} signals
 * @returns {{exit: number, reasons: number[], checks: Check[]}} layers applied; what the rule says
 *   after each layer, 0 where it goes on; its conditions
 */
export function replay(rule, signals) {
  const checks = RULES[rule.kind].checks(rule, signals);
  const wanted = [...new Set(checks.map((check) => check.reason))];
  const reasons = signals.label.map((_, layer) => {
    if (layer + 1 < rule.min_layer) return REASON.CONTINUE;
    const met = (reason) => checks.every((check) => check.reason !== reason || check.met[layer]);
    return wanted.find(met) ?? REASON.CONTINUE;
  });
  const last = reasons.length - 1;
  if (reasons[last] === REASON.CONTINUE) reasons[last] = REASON.LAST_LAYER;
  const exit = reasons.findIndex((reason) => reason !== REASON.CONTINUE) + 1;
  return { exit, reasons, checks };
}
