"""What destinations are called in speech, and the name that plans have for each."""

from __future__ import annotations

_NAMES = """
GA4 = GA4, Google Analytics, Google Analytics 4, Analytics 4
Mixpanel
Amplitude
Facebook Pixel = Facebook Pixel, FB Pixel, Meta Pixel
Facebook = Facebook, Facebook Conversions API, Meta, Meta Conversions API, FB
Facebook Custom Audience = Facebook Custom Audience, Facebook Custom Audiences, Custom Audience
Google Ads = Google Ads, AdWords
TikTok = TikTok, TikTok Pixel, TikTok Ads
LinkedIn = LinkedIn, LinkedIn Ads, LinkedIn Insight Tag
Slack
HubSpot
Salesforce = Salesforce, SFDC
PagerDuty
BigQuery = BigQuery, Google BigQuery
Snowflake
Redshift = Redshift, Amazon Redshift
Postgres = Postgres, PostgreSQL
Databricks
S3 = S3, Amazon S3
Segment
Customer.io = Customer.io, CustomerIO
Braze
Iterable
Klaviyo
Mailchimp
Intercom
Zendesk
Heap
PostHog
Pipedrive
Marketo
Attio
Webhook = Webhook, Webhooks
Zapier
Discord
Teams = Microsoft Teams, MS Teams
Kafka
Datadog
Sentry
Stripe
Twilio
SendGrid
Notion
Airtable
Google Sheets
OneSignal
"""


def destination_names() -> dict[str, str]:
    """Answer the plan's name of each destination by what it is called, in lower case."""
    found: dict[str, str] = {}
    for line in _NAMES.strip().splitlines():
        name, _, said = line.partition(" = ")
        for one in (said or name).split(", "):
            found[one.lower()] = name
    return found
