import de.bwaldvogel.mongo.bson.BsonTimestamp;
import de.bwaldvogel.mongo.bson.Document;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;

/**
 * What a MongoDB does with writes, and the library by itself does not. Either all of it is done, or nothing, as by a server that
 * only resembles a MongoDB.
 *
 * <ul>
 *   <li>An empty Timestamp in a field of a document that is inserted, or that replaces another one, becomes the time of the write,
 *       but not in {@code _id} (mongodb.com/docs/manual/reference/bson-types, "Timestamps"; jira.mongodb.org, SERVER-43014). What
 *       {@code $set} and {@code $setOnInsert} set stays (SERVER-76926), and so do fields of documents within documents.
 *   <li>Each Timestamp that the server sets, {@code $currentDate} included, is later than all that it set before. The library has
 *       whole seconds.
 *   <li>{@code $set} sets. The library leaves a value alone that equals the new one by its rules, in which all kinds of numbers
 *       are one and the order of fields does not matter.
 * </ul>
 */
final class Likeness {
    private static final BsonTimestamp EMPTY = new BsonTimestamp(0L);
    private static final String ID = "_id";
    private static final String SET = "$set";
    private static final String CURRENT_DATE = "$currentDate";
    private static final Document AS_TIMESTAMP = new Document("$type", "timestamp");

    private final boolean isFaithful;
    private BsonTimestamp last = EMPTY;

    Likeness(boolean isFaithful) {
        this.isFaithful = isFaithful;
    }

    /** Sets the empty Timestamps of a document that is going to be inserted, or to replace another one. */
    void fill(Document document) {
        if (!isFaithful) {
            return;
        }
        for (Map.Entry<String, Object> field : document.entrySet()) {
            if (EMPTY.equals(field.getValue()) && !field.getKey().equals(ID)) {
                field.setValue(next());
            }
        }
    }

    /** The same for an update, by operators or by a document that replaces. */
    Document filled(Document update) {
        if (!isFaithful) {
            return update;
        }
        if (update.keySet().stream().noneMatch(key -> key.startsWith("$"))) {
            fill(update);
            return update;
        }
        return update.get(CURRENT_DATE) instanceof Document ? withCurrentTimestamps(update) : update;
    }

    private Document withCurrentTimestamps(Document update) {
        Document dates = new Document((Document) update.get(CURRENT_DATE));
        Document set = new Document();
        if (update.get(SET) instanceof Document) {
            set.putAll((Document) update.get(SET));
        }
        // The library finds that a field which stands in both is an error.
        dates.entrySet().removeIf(
            date -> AS_TIMESTAMP.equals(date.getValue()) && set.putIfAbsent(date.getKey(), next()) == null);
        Document filled = new Document(update);
        filled.put(SET, set);
        if (dates.isEmpty()) {
            filled.remove(CURRENT_DATE);
        } else {
            filled.put(CURRENT_DATE, dates);
        }
        return filled;
    }

    private synchronized BsonTimestamp next() {
        BsonTimestamp now = new BsonTimestamp(Instant.now(), 1);
        last = now.compareTo(last) > 0 ? now : new BsonTimestamp(last.getValue() + 1);
        return last;
    }

    /** What an update sets and the library may leave alone; to be put into the documents once it has updated them. */
    Document leftAlone(Document update) {
        Document fields = new Document();
        if (isFaithful && update.get(SET) instanceof Document) {
            ((Document) update.get(SET)).forEach((field, value) -> {
                boolean canBeAlike = value instanceof Number || value instanceof Document || value instanceof Collection;
                if (canBeAlike && !field.contains(".")) {
                    fields.put(field, value);
                }
            });
        }
        return fields;
    }
}
