-- What split_body (lake/event_rows.py) does, for many events at once; see splitting.py.
--
-- An event that Headwater wrote (collect/assemble.py) is fields that are texts, an object, then
-- context, integrations and sourceId, in this order. It is cut at what stands between them. good
-- says whether it was just so: the fields, put together again, must be what they were cut from,
-- nothing may occur twice that it is cut at, and what is left must be whole. A time is as it is written
-- if it is as long as that, and is one.
WITH halves AS (
    SELECT place, kind, string_split(body, ',"context":') AS half FROM bodies
), ends AS (
    SELECT place, kind, half[1] AS head, len(half) = 2 AS one_context,
           string_split(half[2], ',"integrations":') AS tail
    FROM halves
), middles AS (
    SELECT place, kind, one_context AND len(tail) = 2 AS whole, tail[1] AS context,
           string_split(tail[2], ',"sourceId":"') AS ending,
           string_split(head, CASE WHEN kind IN ('identify', 'group') THEN ',"traits":'
                                   WHEN kind <> 'alias' THEN ',"properties":'
                                   ELSE ',"context":' END) AS part
    FROM ends
), fields AS (
    SELECT place, kind, context, part[1] AS front, part[2] AS content,
           ending[1] AS integrations, left(ending[2], -2) AS source,
           whole AND len(ending) = 2 AND ends_with(ending[2], '"}')
               AND len(part) = CASE WHEN kind = 'alias' THEN 1 ELSE 2 END AS whole,
           TRY(json_extract_string(
               part[1] || '}',
               ['messageId', 'timestamp', 'originalTimestamp', 'sentAt', 'receivedAt', 'userId',
                'anonymousId', 'event', 'category', 'groupId', 'previousId', 'type', 'name']
           )) AS told
    FROM middles
), times AS (
    SELECT *, CASE WHEN strlen(told[2]) = 24
               THEN try_strptime(told[2], '%Y-%m-%dT%H:%M:%S.%gZ') END AS happened,
           CASE WHEN strlen(told[3]) = 24
               THEN try_strptime(told[3], '%Y-%m-%dT%H:%M:%S.%gZ') END AS original_at,
           CASE WHEN strlen(told[4]) = 24
               THEN try_strptime(told[4], '%Y-%m-%dT%H:%M:%S.%gZ') END AS sent,
           CASE WHEN strlen(told[5]) = 24
               THEN try_strptime(told[5], '%Y-%m-%dT%H:%M:%S.%gZ') END AS received,
           CASE WHEN kind = 'track' THEN 'event' ELSE 'name' END AS naming,
           CASE WHEN kind = 'track' THEN told[8] ELSE told[13] END AS called
    FROM fields
), rebuilt AS (
    SELECT *,
        concat(
            '{"type":"', told[12], '","messageId":"', told[1],
            '","timestamp":"', told[2],
            '","originalTimestamp":"' || told[3],
            '","sentAt":"' || told[4],
            '","receivedAt":"', told[5],
            '","userId":"' || told[6], '","anonymousId":"' || told[7],
            '","' || naming || '":"' || called, '","category":"' || told[9],
            '","groupId":"' || told[10], '","previousId":"' || told[11], '"'
        ) AS again,
        concat(
            '{"type":null,"messageId":null,"timestamp":null',
            CASE WHEN original_at IS NOT NULL THEN ',"originalTimestamp":null' END,
            CASE WHEN sent IS NOT NULL THEN ',"sentAt":null' END,
            ',"receivedAt":null',
            CASE WHEN told[6] IS NOT NULL THEN ',"userId":null' END,
            CASE WHEN told[7] IS NOT NULL THEN ',"anonymousId":null' END,
            CASE WHEN called IS NOT NULL THEN ',"' || naming || '":null' END,
            ',"category":"' || told[9] || '"',
            CASE WHEN told[10] IS NOT NULL THEN ',"groupId":null' END,
            ',"previousId":"' || told[11] || '"',
            CASE WHEN kind IN ('identify', 'group') THEN ',"traits":null'
                 WHEN kind <> 'alias' THEN ',"properties":null' END,
            ',"context":null,"integrations":', integrations, ',"sourceId":null}'
        ) AS rest
    FROM times
)
SELECT
    place, told[1] AS message_id, kind AS type,
    CASE WHEN kind IN ('track', 'page', 'screen') THEN called END AS name,
    happened AS timestamp, received AS received_at, original_at AS original_timestamp, sent AS sent_at,
    told[6] AS user_id, told[7] AS anonymous_id, told[10] AS group_id, source,
    CASE WHEN kind IN ('track', 'page', 'screen') THEN content END AS properties,
    CASE WHEN kind IN ('identify', 'group') THEN content END AS traits,
    context, rest,
    coalesce(
        whole AND again = front AND told[12] = kind
        AND (called IS NULL OR kind IN ('track', 'page', 'screen'))
        AND starts_with(context, '{') AND json_valid(context)
        AND NOT contains(context, '"bot"')
        AND (content IS NULL OR starts_with(content, '{'))
        AND starts_with(integrations, '{') AND json_valid(integrations)
        AND NOT contains(source, '"') AND NOT contains(source, '\')
        AND (told[3] IS NULL OR original_at >= TIMESTAMP '1000-01-01')
        AND (told[4] IS NULL OR sent >= TIMESTAMP '1000-01-01')
        AND happened >= TIMESTAMP '1000-01-01' AND received >= TIMESTAMP '1000-01-01',
        false
    ) AS good
FROM rebuilt
