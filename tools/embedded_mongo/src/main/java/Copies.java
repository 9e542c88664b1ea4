import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.bson.Document;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Documents as they are now, for answers. The server encodes an answer when it no longer holds the lock of the collection,
 * and updates replace the fields of stored documents one by one: without a copy readers get half an update, or the encoder
 * fails and there is no answer. Values are replaced as a whole, so they need no copies.
 */
final class Copies {
    static List<Document> of(List<Document> documents) {
        return documents.stream().map(Document::new).collect(Collectors.toList());
    }

    static QueryResult of(QueryResult result) {
        return new QueryResult(of(result.collectDocuments()), result.getCursorId());
    }

    private Copies() {}
}
