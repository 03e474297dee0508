export interface ScheduleSpec {
  readonly kind: string;
}
