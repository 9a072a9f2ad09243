/** One decision of the timeline, and the mark that a person puts on it. */

import { clock, h } from "./dom";
import { ACTIONS, type Action, type Decision, type Kind } from "./events";

/** What a person says of a decision; `should` is the right action, where they say which. */
export type Mark = {
  id: number;
  right: boolean;
  should: Action | null;
};

const MOMENTS: Record<Kind, string> = {
  partial: "You were speaking",
  pause: "You paused",
  overlap: "Both spoke",
  idle: "Nobody spoke",
};

/** What an action means at one kind of moment, where its name alone does not say. */
const MEANINGS: Partial<Record<Kind, Partial<Record<Action, string>>>> = {
  partial: { silence: "keep listening" },
  overlap: { silence: "go on speaking", reply: "yield" },
  idle: { reply: "open the talk", deflect: "change the subject" },
};

function meaning(kind: Kind, action: Action): string {
  const meant = MEANINGS[kind]?.[action];
  return meant ? `${action} (${meant})` : action;
}

export class DecisionCard {
  readonly element = h("article", { class: "decision" });
  private readonly told = h("div", { class: "told" });
  private readonly right = this.button("Right", true);
  private readonly wrong = this.button("Wrong", false);
  private readonly should = h("select", { "aria-label": "What it should have done" });

  constructor(
    public decision: Decision,
    private readonly onMark: (mark: Mark) => void,
  ) {
    this.should.hidden = true;
    this.should.addEventListener("change", () => this.set(false));
    const marks = h("div", { class: "marks", role: "group" }, this.right, this.wrong, this.should);
    marks.setAttribute("aria-label", `Was the decision at ${clock(decision.at)} right?`);
    this.element.append(this.told, marks);
    this.update(decision);
  }

  /** Show what is now known of the decision. The mark stays. */
  update(decision: Decision): void {
    this.decision = decision;
    this.element.dataset["action"] = decision.action;
    this.element.dataset["kind"] = decision.kind;
    this.element.dataset["id"] = String(decision.id);
    const why = [words(decision), reason(decision), ...facts(decision), foot(decision)];
    this.told.replaceChildren(head(decision), h("div", { class: "why" }, ...why), bars(decision));
    this.offer(decision);
  }

  private button(text: string, right: boolean): HTMLButtonElement {
    const button = h("button", { type: "button", class: "mark", "aria-pressed": "false" }, text);
    button.addEventListener("click", () => this.set(right));
    return button;
  }

  private offer({ kind, action }: Decision): void {
    const others = ACTIONS.filter((each) => each !== action);
    const chosen = this.should.value;
    this.should.replaceChildren(
      h("option", { value: "" }, "It should have been…"),
      ...others.map((each) => h("option", { value: each }, meaning(kind, each))),
    );
    this.should.value = others.includes(chosen as Action) ? chosen : "";
  }

  private set(right: boolean): void {
    this.right.setAttribute("aria-pressed", String(right));
    this.wrong.setAttribute("aria-pressed", String(!right));
    this.should.hidden = right;
    const { id, action } = this.decision;
    const should = right ? action : ((this.should.value || null) as Action | null);
    this.onMark({ id, right, should });
  }
}

function head({ at, kind, pause, action, outcome }: Decision): HTMLElement {
  const since = pause > 0 ? ` for ${pause.toFixed(1)} s` : "";
  return h(
    "h3",
    {},
    h("time", {}, clock(at)),
    h("span", { class: "kind", title: kind }, MOMENTS[kind] + since),
    h("span", { class: "action" }, action),
    h("span", { class: "outcome" }, outcome),
  );
}

function words({ said }: Decision): HTMLElement {
  return said
    ? h("p", { class: "said" }, h("q", {}, said))
    : h("p", { class: "said none" }, "No words to go by");
}

function reason({ reason }: Decision): HTMLElement {
  return h("p", { class: "reason" }, reason);
}

function bars({ kind, probabilities, action }: Decision): HTMLElement {
  const rows = ACTIONS.map((each) => {
    const percent = Math.round((probabilities[each] ?? 0) * 100);
    const fill = h("span", { class: "fill" });
    fill.style.width = `${percent}%`;
    return h(
      "li",
      { "data-action": each, class: each === action ? "chosen" : null },
      h("span", { class: "name", title: meaning(kind, each) }, each),
      h("span", { class: "bar", "aria-hidden": "true" }, fill),
      h("span", { class: "percent" }, `${percent} %`),
    );
  });
  return h("ul", { class: "bars", "aria-label": "Probability of each action" }, ...rows);
}

function facts({ facts }: Decision): HTMLElement[] {
  if (!facts.length) return [];
  const items = facts.map((fact) => h("li", {}, fact));
  return [h("div", { class: "facts" }, h("p", {}, "Memory used"), h("ul", {}, ...items))];
}

function foot({ judge, fallback, latency_ms }: Decision): HTMLElement {
  const by = fallback
    ? h("span", { class: "fallback" }, "fallback: the judge was late or failed")
    : h("span", {}, `judge: ${judge}`);
  return h("p", { class: "foot" }, by, h("span", {}, `${latency_ms.toFixed(0)} ms`));
}
