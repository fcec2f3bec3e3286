import type { Attached, Booted, ConsoleLine, FaultSeen, RecordEvent, StepNoted, ToolCalled } from '../record/index.js';

/** What happened on the board and on its bench during a test, or between tests. */
export interface Activity {
  readonly console: readonly ConsoleLine[];
  readonly steps: readonly StepNoted[];
  readonly toolCalls: readonly ToolCalled[];
  readonly boots: readonly Booted[];
  readonly faults: readonly FaultSeen[];
  readonly attachments: readonly Attached[];
}

export interface MutableActivity extends Activity {
  readonly console: ConsoleLine[];
  readonly steps: StepNoted[];
  readonly toolCalls: ToolCalled[];
  readonly boots: Booted[];
  readonly faults: FaultSeen[];
  readonly attachments: Attached[];
}

export function noActivity(): MutableActivity {
  return { console: [], steps: [], toolCalls: [], boots: [], faults: [], attachments: [] };
}

/** Whether nothing happened. */
export function isQuiet(activity: Activity): boolean {
  return [activity.console, activity.steps, activity.toolCalls, activity.boots, activity.faults, activity.attachments].every((list) => list.length === 0);
}

/** Adds an event that belongs to an activity; others change nothing. */
export function addToActivity(activity: MutableActivity, event: RecordEvent): void {
  switch (event.event) {
    case 'console':
      if (event.omitted !== undefined) activity.console.push({ at: event.lines[0]?.at ?? 0, text: `… ${event.omitted} lines left out …` });
      // Not spread into push: a record of another's making may hold more lines than a call takes arguments.
      for (const line of event.lines) activity.console.push(line);
      return;
    case 'step':
      activity.steps.push(event);
      return;
    case 'tool-called':
      activity.toolCalls.push(event);
      return;
    case 'booted':
      activity.boots.push(event);
      return;
    case 'fault':
      activity.faults.push(event);
      return;
    case 'attachment':
      activity.attachments.push(event);
      return;
    default:
  }
}
