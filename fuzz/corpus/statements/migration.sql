-- Support quotes this number on the phone, so it is short and counts up.
create sequence public.invitation_number_seq as bigint start with 1000 increment by 1 cache 1;

create table public.invitations (
  id uuid primary key default gen_random_uuid(),
  number bigint not null default nextval('public.invitation_number_seq'),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  email text not null,
  role text not null default 'member',
  token uuid not null default gen_random_uuid(),
  message text not null default '',
  invited_by uuid references auth.users (id) on delete set null,
  expires_at timestamptz not null default now() + interval '14 days',
  accepted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint invitations_number_key unique (number),
  -- One open invitation for an address; accepted ones pile up.
  constraint invitations_one_open_key unique nulls not distinct (organization_id, email, accepted_at),
  constraint invitations_role check (role in ('admin', 'member')),
  constraint invitations_email_shape check (position('@' in email) > 1)
);

create unique index invitations_token_idx on public.invitations (token);
create index invitations_email_idx on public.invitations (lower(email)) where accepted_at is null;

create trigger set_invitations_updated_at
  before update on public.invitations
  for each row execute function public.update_updated_at_column();

alter table public.invitations enable row level security;
alter table public.invitations force row level security;

create policy "Members can read invitations" on public.invitations
  for select to authenticated using (public.is_organization_member(organization_id));
create policy "Invitees can read their invitations" on public.invitations
  for select to authenticated
  using (lower(email) = lower((select auth.jwt()) ->> 'email') and accepted_at is null);
create policy "Admins can invite" on public.invitations
  for insert to authenticated
  with check (public.is_organization_admin(organization_id) and invited_by = (select auth.uid()));
create policy "Admins can change invitations" on public.invitations
  for update to authenticated
  using (public.is_organization_admin(organization_id))
  with check (public.is_organization_admin(organization_id));
create policy "Admins can withdraw invitations" on public.invitations
  for delete to authenticated using (public.is_organization_admin(organization_id));

comment on table public.invitations is 'Open and accepted invitations to an organization.';
comment on policy "Members can read invitations" on public.invitations is
  'Any member may see who was asked to join; only admins may ask.';
