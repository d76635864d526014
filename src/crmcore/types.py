"""Public types: what the calls of `Crm` take and return, and `parse_id`.

The names are stable; the modules that define them are not. What `crmcore` exports is not repeated here. Importing this module loads all
services; `import crmcore` does not.
"""

from crmcore.domain.activities.appointments.appointment import (
    Appointment as Appointment,
)
from crmcore.domain.activities.appointments.parts import (
    AppointmentOccurrence as AppointmentOccurrence,
    AppointmentState as AppointmentState,
    Attendee as Attendee,
    OccurrenceChange as OccurrenceChange,
)
from crmcore.domain.activities.commitments import (
    Commitment as Commitment,
    CommitmentState as CommitmentState,
    Side as Side,
)
from crmcore.domain.activities.interactions import (
    Direction as Direction,
    Interaction as Interaction,
    InteractionKind as InteractionKind,
)
from crmcore.domain.activities.tasks import (
    Priority as Priority,
    TaskState as TaskState,
)
from crmcore.domain.customers.matching import (
    Ambiguous as Ambiguous,
    Matched as Matched,
    Unmatched as Unmatched,
)
from crmcore.domain.customers.parts import (
    Channel as Channel,
    CustomerKind as CustomerKind,
    CustomerRole as CustomerRole,
    Relation as Relation,
    RelationKind as RelationKind,
    Role as Role,
    Sex as Sex,
)
from crmcore.domain.kernel.criteria import *
from crmcore.domain.kernel.criteria import MATCH_ALL as MATCH_ALL, MATCH_NONE as MATCH_NONE
from crmcore.domain.kernel.entity import (
    Entity as Entity,
    Event as Event,
)
from crmcore.domain.kernel.ids import *
from crmcore.domain.messaging.documents import (
    Document as Document,
)
from crmcore.domain.messaging.messages import (
    Message as Message,
    MessageState as MessageState,
    OutgoingMessage as OutgoingMessage,
)
from crmcore.domain.messaging.templates import (
    Template as Template,
)
from crmcore.domain.organization.assignment import (
    Assignment as Assignment,
    RejectedCandidate as RejectedCandidate,
)
from crmcore.domain.organization.business_hours.business_hours import (
    BusinessHours as BusinessHours,
)
from crmcore.domain.organization.business_hours.calendar import (
    WorkCalendar as WorkCalendar,
)
from crmcore.domain.organization.business_hours.hours import (
    DayOverride as DayOverride,
    Holiday as Holiday,
    Hours as Hours,
    Shift as Shift,
)
from crmcore.domain.organization.teams import (
    Team as Team,
)
from crmcore.domain.organization.users import (
    Absence as Absence,
    RoleAssignment as RoleAssignment,
    User as User,
)
from crmcore.domain.platform.feed import (
    RecordedEvent as RecordedEvent,
)
from crmcore.domain.platform.inbox import (
    InboxResult as InboxResult,
)
from crmcore.domain.platform.jobs import (
    JobState as JobState,
    ScheduledJob as ScheduledJob,
)
from crmcore.domain.sales.deals.details import (
    DealOptions as DealOptions,
)
from crmcore.domain.sales.deals.movements import (
    Movement as Movement,
    MovementKind as MovementKind,
)
from crmcore.domain.sales.deals.parts import (
    Attachment as Attachment,
    NextStep as NextStep,
    NextStepState as NextStepState,
    Outcome as Outcome,
    Participant as Participant,
    Probability as Probability,
    ProbabilitySource as ProbabilitySource,
    StageVisits as StageVisits,
)
from crmcore.domain.sales.funnels.aging import (
    AgeFrom as AgeFrom,
)
from crmcore.domain.sales.funnels.requirements import (
    RequirementKind as RequirementKind,
    UnmetRequirement as UnmetRequirement,
)
from crmcore.domain.sales.funnels.stages import (
    StageKind as StageKind,
)
from crmcore.domain.service.cases.case import (
    SlaResult as SlaResult,
)
from crmcore.domain.service.cases.complaint import (
    Complaint as Complaint,
)
from crmcore.domain.service.cases.complaint_lifecycle import (
    ComplaintState as ComplaintState,
    Severity as Severity,
)
from crmcore.domain.service.cases.complaint_parts import (
    ApprovalLimit as ApprovalLimit,
    Compensation as Compensation,
    CompensationState as CompensationState,
    ComplaintType as ComplaintType,
    Remedy as Remedy,
)
from crmcore.domain.service.cases.inquiry import (
    Inquiry as Inquiry,
    InquiryKind as InquiryKind,
    InquiryState as InquiryState,
)
from crmcore.domain.service.field_service.contracts import (
    ContractState as ContractState,
    Entitlement as Entitlement,
    RejectedContract as RejectedContract,
    ServiceContract as ServiceContract,
)
from crmcore.domain.service.field_service.equipment import (
    Equipment as Equipment,
)
from crmcore.domain.service.field_service.maintenance import (
    MaintenancePlan as MaintenancePlan,
)
from crmcore.domain.service.field_service.parts import (
    Coverage as Coverage,
    EquipmentLogEntry as EquipmentLogEntry,
    EquipmentLogKind as EquipmentLogKind,
    EquipmentState as EquipmentState,
)
from crmcore.domain.service.field_service.replacement import (
    Finding as Finding,
    ReplacementCandidate as ReplacementCandidate,
    ReplacementThresholds as ReplacementThresholds,
)
from crmcore.domain.service.knowledge.articles import (
    Article as Article,
    ArticleState as ArticleState,
    Audience as Audience,
    Revision as Revision,
)
from crmcore.domain.service.knowledge.gaps import (
    KnowledgeGap as KnowledgeGap,
    KnowledgeGapState as KnowledgeGapState,
)
from crmcore.domain.service.knowledge.search import (
    SearchHit as SearchHit,
)
from crmcore.domain.service.knowledge.usages import (
    ArticleUsage as ArticleUsage,
)
from crmcore.domain.sla.escalation import (
    Escalation as Escalation,
)
from crmcore.domain.sla.events import (
    SlaEvent as SlaEvent,
    SlaEventKind as SlaEventKind,
)
from crmcore.domain.sla.policies import (
    RejectedPolicy as RejectedPolicy,
    SlaDecision as SlaDecision,
    SlaPolicy as SlaPolicy,
)
from crmcore.domain.sla.targets import (
    ReplyRule as ReplyRule,
)
from crmcore.domain.sla.timers import (
    SlaMetric as SlaMetric,
    SlaStatus as SlaStatus,
    SlaTimer as SlaTimer,
)
from crmcore.services.activities.appointments.booking import (
    CompletedAppointment as CompletedAppointment,
)
from crmcore.services.customers.overview import (
    CustomerOverview as CustomerOverview,
    TimelineEntry as TimelineEntry,
)
from crmcore.services.platform.feed import (
    FeedPage as FeedPage,
)
from crmcore.services.platform.health import (
    Health as Health,
    SubscriptionHealth as SubscriptionHealth,
)
from crmcore.services.platform.jobs import (
    JobsReport as JobsReport,
)
from crmcore.services.platform.outbox import (
    OutboxReport as OutboxReport,
)
from crmcore.services.reports.complaints import (
    ComplaintRow as ComplaintRow,
    ComplaintsReport as ComplaintsReport,
)
from crmcore.services.reports.field_service import (
    FieldServiceReport as FieldServiceReport,
    ProductRow as ProductRow,
)
from crmcore.services.reports.funnel import (
    FunnelReport as FunnelReport,
    StageRow as StageRow,
)
from crmcore.services.reports.overdue import (
    OverdueComplaint as OverdueComplaint,
    OverdueReport as OverdueReport,
    OverdueRow as OverdueRow,
)
from crmcore.services.reports.people import (
    PeopleReport as PeopleReport,
)
from crmcore.services.reports.reports import (
    DashboardReport as DashboardReport,
)
from crmcore.services.reports.sources import (
    SourcesReport as SourcesReport,
)
from crmcore.services.reports.stuck import (
    StuckDeal as StuckDeal,
    StuckReport as StuckReport,
    StuckStage as StuckStage,
)
from crmcore.services.sales.deals.board import (
    Board as Board,
    BoardColumn as BoardColumn,
)
from crmcore.services.sales.deals.lifecycle import (
    MoveResult as MoveResult,
)
from crmcore.services.sales.leads import (
    CaptureResult as CaptureResult,
)
from crmcore.services.service.cases.complaint_queries import (
    UnattendedComplaint as UnattendedComplaint,
)
from crmcore.services.service.field_service.equipment import (
    FailureResult as FailureResult,
    MeterReadingResult as MeterReadingResult,
)
from crmcore.services.service.field_service.maintenance import (
    ReplacementProposal as ReplacementProposal,
    VisitResult as VisitResult,
)
